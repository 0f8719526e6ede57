r"""Channels by rules: which channel a touchpoint came by, from its source, medium, referrer and campaign.

The groups built in are those of two products, as their documentation states them: GA4's default channel group
(support.google.com/analytics/answer/9756891) and HubSpot's original sources (knowledge.hubspot.com, "Understand
HubSpot's traffic sources"). Both rest on lists of sites of their makers; here these are the larger ones of each kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from attrib_cli.engine.source_spec import ChannelRule

_BEFORE = "www|m|l|lm|out|go|search|image|images|cn|r|t|web|[a-z]{2}"


def _sites(*names: str) -> str:
    """Return the pattern of sites: by name alone as a source has it, or as a domain, of any country."""
    listed = "|".join(name.replace(".", r"\.").replace("+", r"\+") for name in names)
    return rf"/(?:(?:{_BEFORE})\.)*(?:{listed})(?:\.(?:com?|net|org|[a-z]{{2}}))*/"


SEARCH = _sites(
    *("google", "bing", "yahoo", "duckduckgo", "ddg", "baidu", "yandex", "ecosia", "qwant", "naver", "seznam", "aol"),
    *("ask", "startpage", "brave", "sogou", "daum", "kagi", "lycos", "dogpile", "swisscows", "msn", "haosou", "coccoc"),
    *("rambler", "mojeek", "metager", "startsiden", "so.com", "sm.cn", "altavista", "babylon", "biglobe", "eniro"),
    *("exalead", "kvasir", "najdi", "nate", "onet", "petalsearch", "presearch", "search-results", "szukacz"),
    *("virgilio", "yippy", "gibiru", "ixquick", "info.com", "webcrawler", "t-online", "freespoke", "search.ch"),
)
SOCIAL = _sites(
    *(
        "facebook",
        "fb",
        "instagram",
        "ig",
        "linkedin",
        "lnkd",
        "twitter",
        "x.com",
        "t.co",
        "pinterest",
        "pin",
        "reddit",
    ),
    *("tiktok", "snapchat", "quora", "tumblr", "threads", "bsky", "bluesky", "mastodon", "xing", "vk", "weibo"),
    *("telegram", "whatsapp", "discord", "meetup", "medium", "stackoverflow", "wechat", "messenger", "meta"),
    *("vkontakte", "ok.ru", "odnoklassniki", "line.me", "kakaotalk", "douyin", "xiaohongshu", "renren", "badoo"),
    *("flickr", "foursquare", "goodreads", "blogspot", "blogger", "livejournal", "wordpress", "typepad", "substack"),
    *("nextdoor", "mewe", "gab.com", "truthsocial", "news.ycombinator", "producthunt", "slashdot", "digg"),
    *("stumbleupon", "flipboard", "getpocket", "hatena", "ameblo", "yelp", "tripadvisor", "stackexchange"),
    *("serverfault", "superuser", "disqus", "deviantart", "dribbble", "behance", "viadeo", "taringa", "hi5", "t.me"),
)
VIDEO = _sites(
    *("youtube", "youtu.be", "vimeo", "dailymotion", "twitch", "netflix", "hulu", "iqiyi", "youku", "wistia"),
    *("bilibili", "niconico", "ted.com", "rumble", "disneyplus", "crackle", "veoh", "viki", "vidyard", "odysee"),
    *("bitchute", "curiositystream", "metacafe", "utreon", "brightcove", "tv.naver", "rutube"),
)
SHOPPING = _sites(
    *("amazon", "ebay", "etsy", "walmart", "alibaba", "aliexpress", "shopping.google", "shopify", "mercadolibre"),
    *("mercadolivre", "rakuten", "zalando", "otto.de", "idealo", "temu", "shein", "bestbuy", "target.com", "kaufland"),
    *("mediamarkt", "cdiscount", "fnac", "bol.com", "allegro", "jd.com", "taobao", "tmall", "flipkart", "lazada"),
    *("shopee", "wayfair", "wish.com", "newegg", "overstock", "asos", "aboutyou", "pricegrabber", "shopzilla"),
    *("kelkoo", "bizrate", "geizhals", "billiger.de", "ceneo", "trovaprezzi", "poshmark", "depop", "vinted", "gumtree"),
)
ASSISTANTS = _sites(
    *("chatgpt", "chat.openai", "openai", "gemini.google", "bard.google", "claude", "copilot.microsoft", "perplexity"),
    *("grok", "deepseek", "chat.deepseek", "meta.ai", "chat.mistral", "you.com", "poe.com", "phind", "pi.ai", "kimi"),
    *("character.ai", "doubao", "copilot.com"),
)
MAIL = _sites("mail.google", "mail.yahoo", "outlook.live", "outlook.office", "mail.aol", "feedly")

_PAID = "/.*cp.*|ppc|retargeting|paid.*/"
_SHOP = "/.*(?:(?:[^a-df-z]|^)shop|shopping).*/"
_EMAIL = ("email", "e-mail", "e_mail", "e mail")
_ANY_PAID = "/.*(?:adword|ppc|cpc).*/"
_NOT_EMPTY = "/.+/"


def _rule(channel: str, **fields: str | Sequence[str]) -> ChannelRule:
    patterns = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in fields.items()}
    return ChannelRule(channel=channel, patterns=MappingProxyType(patterns))


def _of_parameters(channel: str, pattern: str, **fields: str) -> Iterator[ChannelRule]:
    """Yield the rules of one of the parameters, whichever it is, being like `pattern`."""
    for name in ("source", "medium", "campaign"):
        yield _rule(channel, **{name: pattern}, **fields)


GROUPS: Mapping[str, tuple[ChannelRule, ...]] = MappingProxyType(
    {
        "ga4": (
            _rule("Direct", source=("(direct)", ""), medium=("(not set)", "(none)", "")),
            _rule("Cross-network", campaign="*cross-network*"),
            _rule("Paid Shopping", source=SHOPPING, medium=_PAID),
            _rule("Paid Shopping", campaign=_SHOP, medium=_PAID),
            _rule("Paid Search", source=SEARCH, medium=_PAID),
            _rule("Paid Social", source=SOCIAL, medium=_PAID),
            _rule("Paid Video", source=VIDEO, medium=_PAID),
            _rule("Display", medium=("display", "banner", "expandable", "interstitial", "cpm")),
            _rule("Paid Other", medium=_PAID),
            _rule("AI Assistant", medium="ai-assistant"),
            _rule("AI Assistant", source=ASSISTANTS, medium="referral"),
            _rule("Organic Shopping", source=SHOPPING),
            _rule("Organic Shopping", campaign=_SHOP),
            _rule("Organic Social", source=SOCIAL),
            _rule(
                "Organic Social",
                medium=("social", "social-network", "social-media", "sm", "social network", "social media"),
            ),
            _rule("Organic Video", source=VIDEO),
            _rule("Organic Video", medium="*video*"),
            _rule("Organic Search", source=SEARCH),
            _rule("Organic Search", medium="organic"),
            _rule("Referral", medium=("referral", "app", "link")),
            _rule("Email", source=_EMAIL),
            _rule("Email", medium=_EMAIL),
            _rule("Affiliates", medium="affiliate"),
            _rule("Audio", medium="audio"),
            _rule("SMS", source="sms"),
            _rule("SMS", medium="sms"),
            _rule("Mobile Push Notifications", medium=("*push", "*mobile*", "*notification*")),
            _rule("Mobile Push Notifications", source="firebase"),
            _rule("Unassigned"),
        ),
        "hubspot": (
            _rule("Organic social", medium="social", source=SOCIAL),
            _rule("Organic social", medium="social", referrer=SOCIAL),
            _rule("Paid social", medium="/.*(?:paid|ppc|cpc).*/", source=SOCIAL),
            _rule("Paid social", medium="/.*(?:paid|ppc|cpc).*/", referrer=SOCIAL),
            _rule("Paid social", source="*paidsocial*"),
            _rule("Paid social", medium="*paidsocial*"),
            *_of_parameters("Paid search", _NOT_EMPTY, referrer=r"/(?:www\.)?google\.com/"),
            *_of_parameters("Paid search", _ANY_PAID),
            *_of_parameters("Email marketing", "*email*"),
            *_of_parameters("Other campaigns", _NOT_EMPTY),
            _rule("AI referrals", referrer=ASSISTANTS),
            _rule("Organic social", referrer=SOCIAL),
            _rule("Direct traffic", referrer=MAIL),
            _rule("Organic search", referrer=SEARCH),
            _rule("Referrals", referrer=_NOT_EMPTY),
            _rule("Direct traffic"),
        ),
    }
)
"""The groups that are built in, by name, each with its rules in order."""
