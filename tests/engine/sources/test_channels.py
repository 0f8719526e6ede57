"""Channels by rules, and the two groups that are built in, against the tables of their makers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.sources import open_tables

Channels = Callable[[str, Sequence[tuple[str, ...]]], list[object]]
KNOWN = {
    "Organic Search": "google bing cn.bing.com yahoo.co.jp duckduckgo.com yandex.com.tr www.ecosia.org so.com brave "
    "t-online.de",
    "Organic Social": "m.vk.com l.instagram.com pinterest.co.kr t.co ok.ru news.ycombinator.com lnkd.in linkedin "
    "facebook.com x.com bsky",
    "Organic Shopping": "amazon.co.uk ebay.com.au etsy.com shopping.google.com www.otto.de mercadolibre.com.ar "
    "www.bol.com allegro.pl",
    "Organic Video": "youtube m.youtube.com youtu.be vimeo.com netflix twitch.tv",
    "AI Assistant": "chatgpt.com chat.openai.com gemini.google.com claude.ai www.perplexity.ai copilot.microsoft.com",
    "Referral": "example.com myfacebook.com bingo googled.com t.com spokesman.org mail.example.com",
}
FIELDS = "source: utm_source, medium: utm_medium, referrer: ref, campaign: utm_campaign"


@pytest.fixture
def channels(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> Channels:
    """The channels of touches with a source, medium, referrer and campaign, by what is said of channels."""

    def channels(said: str, touches: Sequence[tuple[str, ...]]) -> list[object]:
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(["contact_id", "occurred_at", "utm_source", "utm_medium", "ref", "utm_campaign"])
        writer.writerows(["c", "2026-01-01", *touch] for touch in touches)
        (tmp_path / "t.csv").write_text(out.getvalue(), newline="")
        text = f"sources:\n  touchpoints:\n    path: t.csv\n    channels: {{{said}}}\n"
        (tmp_path / "attrib.yaml").write_text(text)
        config = load_config(tmp_path / "attrib.yaml")
        table = open_tables(connection, config_sources(config), config.settings, needed=["touchpoints"])["touchpoints"]
        query = "SELECT channel FROM {} ORDER BY source_row"
        found = connection.execute(query.format(table.relation)).fetchall()
        assert found == connection.execute(query.format(f"({table.definition})")).fetchall()
        return [row[0] for row in found]

    return channels


GA4 = (  # the definitions of Google's article, one touch or more for each of its rows, in its order
    (("(direct)", "(none)", "", ""), "Direct"),
    (("", "", "", ""), "Direct"),
    (("google", "cpc", "", "Summer Cross-network"), "Cross-network"),
    (("amazon", "CPC", "", ""), "Paid Shopping"),
    (("news", "paid-x", "", "my shop"), "Paid Shopping"),
    (("news", "cpc", "", "bishop"), "Paid Other"),  # before shop stands none of Google's letters
    (("google", "cpc", "", ""), "Paid Search"),
    (("www.bing.com", "retargeting", "", ""), "Paid Search"),
    (("facebook", "paid_social", "", ""), "Paid Social"),
    (("youtube.com", "cpv-cpc", "", ""), "Paid Video"),
    (("dv360", "banner", "", ""), "Display"),
    (("dv360", "cpm", "", ""), "Display"),
    (("taboola", "cpc", "", ""), "Paid Other"),
    (("chatgpt.com", "ai-assistant", "", "(ai-assistant)"), "AI Assistant"),
    (("chatgpt.com", "cpc", "", ""), "Paid Other"),
    (("ebay.de", "referral", "", ""), "Organic Shopping"),
    (("blog", "referral", "", "shopping week"), "Organic Shopping"),
    (("m.facebook.com", "referral", "", ""), "Organic Social"),
    (("hootsuite", "Social Media", "", ""), "Organic Social"),
    (("vimeo", "referral", "", ""), "Organic Video"),
    (("x", "my-video-y", "", ""), "Organic Video"),
    (("duckduckgo", "referral", "", ""), "Organic Search"),
    (("somewhere", "organic", "", ""), "Organic Search"),
    (("somewhere", "link", "", ""), "Referral"),
    (("newsletter", "E-Mail", "", ""), "Email"),
    (("e_mail", "x", "", ""), "Email"),
    (("partner", "affiliate", "", ""), "Affiliates"),
    (("spotify", "audio", "", ""), "Audio"),
    (("sms", "x", "", ""), "SMS"),
    (("app", "webpush", "", ""), "Mobile Push Notifications"),
    (("firebase", "x", "", ""), "Mobile Push Notifications"),
    (("what", "ever", "", ""), "Unassigned"),
)
HUBSPOT = (  # the table of HubSpot's article, in its order, but for the rules about click ids and domains of one's own
    (("facebook", "social", "", ""), "Organic social"),
    (("x", "social", "https://www.linkedin.com/feed", ""), "Organic social"),
    (("linkedin", "paid", "", ""), "Paid social"),
    (("any", "cpc", "https://l.facebook.com/", ""), "Paid social"),
    (("x_paidsocial", "", "", ""), "Paid social"),
    (("x", "", "https://www.google.com/search?q=1", ""), "Paid search"),
    (("", "", "google.com", "spring"), "Paid search"),
    (("bing", "ppc", "", ""), "Paid search"),
    (("x", "my Email", "", ""), "Email marketing"),
    (("x", "", "", ""), "Other campaigns"),
    (("", "", "https://chatgpt.com/", ""), "AI referrals"),
    (("", "", "https://t.co/abc", ""), "Organic social"),
    (("", "", "https://mail.google.com/mail", ""), "Direct traffic"),
    (("", "", "https://www.google.co.uk/", ""), "Organic search"),
    (("", "", "https://blog.example.org/x", ""), "Referrals"),
    (("", "", "", ""), "Direct traffic"),
)


@pytest.mark.parametrize(("group", "table"), [("ga4", GA4), ("hubspot", HUBSPOT)], ids=["ga4", "hubspot"])
def test_groups_are_those_of_their_makers(
    channels: Channels, group: str, table: Sequence[tuple[tuple[str, ...], str]]
) -> None:
    assert channels(f"{FIELDS}, group: {group}", [touch for touch, _ in table]) == [name for _, name in table]


def test_own_rules_come_first_in_their_order(channels: Channels) -> None:
    rules = (
        "rules: [{channel: Brand, source: [google, bing], campaign: 'BRAND*'}, {channel: Google, source: google},"
        " {channel: Us, referrer: '*.acme.com'}, {channel: Odd, medium: '/x[0-9]+/'}, {channel: None, source: ''}]"
    )
    touches = [
        *(("Google", "cpc", "", "brand_de"), ("google ", "cpc", "", "x"), ("bing", "", "", "my brand")),
        *(("z", "", "https://www.acme.com/a", ""), ("z", "x12", "", ""), ("", "a", "", ""), ("z", "q", "", "")),
    ]
    expected: list[object] = ["Brand", "Google", None, "Us", "Odd", "None", None]
    assert channels(f"{FIELDS}, {rules}", touches) == expected
    expected[2] = expected[6] = "Rest"
    assert channels(f"{FIELDS}, {rules}, otherwise: Rest", touches) == expected
    expected[2], expected[6] = "Organic Search", "Unassigned"
    assert channels(f"{FIELDS}, {rules}, group: ga4, otherwise: Rest", touches) == expected


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("group: ga4", "nothing says which columns channels follow from"),
        ("source: utm_source", "there are no rules"),
        ("source: utm_source, rules: [{channel: x, medium: y}]", "the rule looks at the medium, and no column of it"),
        ("source: wat, group: ga4", "there is no header 'wat', which `channels` names"),
        ("source: utm_source, group: ga5", "'ga5' is not known here"),
        ("source: utm_source, rules: [{channel: x, source: '/(/'}]", "is no regular expression"),
        ("source: utm_source, rules: []", "expected a list, found an empty one"),
        ("source: utm_source, rules: [{source: x}]", "channel: the key is missing"),
    ],
)
def test_mistakes_in_channels(channels: Channels, said: str, message: str) -> None:
    with pytest.raises(AttribError) as error:
        channels(said, [("", "", "", "")])
    assert message in str(error.value)
    assert "attrib.yaml:" in str(error.value)


def test_known_sites_of_each_kind_are_told(channels: Channels) -> None:
    touches = [(site, "referral", "", "") for sites in KNOWN.values() for site in sites.split()]
    want = [kind for kind, sites in KNOWN.items() for _ in sites.split()]
    found = channels(f"{FIELDS}, group: ga4", touches)
    assert dict(zip(touches, found, strict=True)) == dict(zip(touches, want, strict=True))
