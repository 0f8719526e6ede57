"""What the invented company has: its market, its ten campaigns, and the pages, mails and events that people meet."""

from __future__ import annotations

from dataclasses import dataclass

COUNTRIES = (("United States", 46), ("United Kingdom", 17), ("Germany", 12), ("Canada", 9), ("Netherlands", 7),
             ("France", 5), ("Sweden", 4))  # fmt: skip
INDUSTRIES = (("Manufacturing", 24), ("Logistics", 21), ("Retail", 18), ("Software", 14), ("Healthcare", 13),
              ("Construction", 10))  # fmt: skip
COMPANY_FIRST = ("Alder", "Beacon", "Cobalt", "Driftwood", "Eastgate", "Fairmont", "Granite", "Harbour", "Ironbridge",
                 "Juniper", "Kingsway", "Larkfield", "Meridian", "Northmoor", "Oakhurst", "Pinnacle", "Quarry",
                 "Redwood", "Silverline", "Thornton", "Upland", "Vantage", "Westbrook", "Yarrow")  # fmt: skip
COMPANY_LAST = {
    "Manufacturing": ("Components", "Tooling", "Plastics", "Precision", "Castings"),
    "Logistics": ("Freight", "Logistics", "Haulage", "Warehousing", "Couriers"),
    "Retail": ("Stores", "Outfitters", "Homeware", "Markets", "Brands"),
    "Software": ("Systems", "Data", "Cloud", "Analytics", "Labs"),
    "Healthcare": ("Clinics", "Diagnostics", "Care", "Medical", "Pharmacy"),
    "Construction": ("Builders", "Homes", "Infrastructure", "Contracting", "Surveying"),
}
# share of companies, fewest and most seats, dollars a seat and month, fewest and most days from creation to close
SEGMENTS = {
    "SMB": (46, 6, 40, 39, 18, 55),
    "Mid-market": (38, 40, 140, 34, 30, 90),
    "Enterprise": (16, 160, 420, 29, 60, 140),
}
PEOPLE = {"SMB": (1, 3), "Mid-market": (2, 5), "Enterprise": (3, 7)}  # fewest and most contacts of a deal
OPEN_STAGES = ("Qualified", "Demo held", "Proposal sent", "Contract sent")
LEAD_STAGES = (("Subscriber", 25), ("Lead", 40), ("Marketing qualified lead", 25), ("Sales qualified lead", 10))
BUYING_ROLES = ("Champion", "Decision maker", "Budget holder", "Influencer", "End user", "Technical evaluator")

# campaigns that bring new names, and how many
ARRIVALS = (("CMP-03", 15), ("CMP-05", 15), ("CMP-06", 15), ("CMP-08", 10), ("CMP-09", 38), ("CMP-10", 7))
# campaign_id, name, starts_on, ends_on, budget, spent share of the budget in percent, owner, utm
CAMPAIGNS = (
    ("CMP-01", "Always-on Search", "2025-01-01", "2026-12-31", 126000, 92, "Priya", "always-on-search"),
    ("CMP-02", "Monthly Newsletter", "2025-01-01", "2026-12-31", None, 0, "Tom", "newsletter"),
    ("CMP-03", "New Year Planning Kit", "2025-01-13", "2025-03-14", 18000, 97, "Priya", "planning-kit-2025"),
    ("CMP-04", "Partner Referral Programme", "2025-02-03", "2026-10-30", 42000, 81, "Ines", "partner-referral"),
    ("CMP-05", "Summer Webinar Series", "2025-06-02", "2025-08-29", 24000, 104, "Tom", "summer-webinars-2025"),
    ("CMP-06", "Operations Summit 2025", "2025-09-08", "2025-10-17", 55000, 108, "Ines", "ops-summit-2025"),
    ("CMP-07", "Year-End Upgrade Offer", "2025-11-03", "2025-12-19", 12000, 88, "Tom", "year-end-upgrade-2025"),
    ("CMP-08", "Buyer's Guide, 2026 Edition", "2026-01-12", "2026-06-26", 28000, 95, "Priya", "buyers-guide-2026"),
    ("CMP-09", "Spring Launch", "2026-03-02", "2026-05-29", 68000, 99, "Marta", "spring-launch-2026"),
    ("CMP-10", "Autumn Roadshow", "2026-09-07", "2026-10-30", 38000, 71, "Ines", "autumn-roadshow-2026"),
)


@dataclass(frozen=True, kw_only=True)
class Asset:
    """Something a contact can interact with.

    `stages` says when it is met: (d)iscovery, (c)onversion of the visitor to a contact, (n)urturing, (e)valuation
    before a deal is created, (x) before it closes, (l)ists and workflows. `cost` is what one click costs, in cents.
    """

    campaign: str | None
    channel: str
    kind: str
    source: str
    type: str
    title: str
    content: str
    stages: str
    weight: int
    cost: int = 0


def assets() -> tuple[Asset, ...]:
    """The catalogue of assets, one line each; the campaign's number or 0 for none comes first."""
    lines = """
    1|Paid search|Ad click|google / cpc|ad|Production planning software|Ad|de|20|640
    1|Paid search|Ad click|google / cpc|ad|Spreadsheet alternative for planners|Ad|d|16|410
    1|Paid search|Ad click|bing / cpc|ad|Production planning software|Ad|d|5|380
    1|Paid search|Form submission|google / cpc|landing_page|Start your free trial|Product|c|14|0
    2|Email|Email click|newsletter / email|marketing_email|Planning Letter|Newsletter|n|46|0
    2|Email|CTA click|newsletter / email|blog_post|Five signs that your plan is out of date|Blog|nx|12|0
    3|Social|Social click|linkedin / social|social_post|The planning kit is here|Social|d|26|0
    3|Paid search|Ad click|google / cpc|ad|Free capacity planning templates|Ad|d|22|350
    3|Email|Email click|hubspot / email|marketing_email|Your planning kit for the new year|Guide|ne|22|0
    3|Organic search|Form submission|google / organic|landing_page|Download: the planning kit|Guide|c|40|0
    4|Referral|Page view|partner / referral|landing_page|Recommended by your consultant|Product|de|10|0
    4|Referral|Form submission|partner / referral|form|Partner introduction|Product|c|9|0
    4|Referral|Meeting booked|partner / referral|meeting|Joint call with the partner|Meeting|ex|4|0
    5|Webinar|Form submission|hubspot / email|landing_page|Sign-up: scheduling without firefighting|Webinar|c|36|0
    5|Webinar|Webinar attended|zoom / webinar|webinar|Scheduling without firefighting|Webinar|den|26|0
    5|Webinar|Webinar attended|zoom / webinar|webinar|From forecast to shop floor|Webinar|nex|22|0
    5|Social|Social click|linkedin / social|social_post|Summer webinars: save your seat|Social|d|20|0
    6|Event|Event attended|summit / event|event|Operations Summit: booth 214|Event|dex|44|0
    6|Event|Form submission|summit / event|form|Operations Summit badge scan|Event|c|46|0
    6|Email|Email click|hubspot / email|marketing_email|Meet us at the Operations Summit|Event|ne|20|0
    6|Event|Meeting booked|summit / event|meeting|Operations Summit: one-to-one|Meeting|e|16|0
    7|Email|Email click|hubspot / email|marketing_email|Upgrade before the year ends|Offer|nex|34|0
    7|Email|CTA click|hubspot / email|landing_page|Year-end upgrade offer|Offer|ex|22|0
    8|Organic search|Form submission|google / organic|landing_page|The buyer's guide, 2026 edition|Guide|c|26|0
    8|Social|Ad click|linkedin / paid|ad|Choosing planning software? Read this first|Ad|d|16|890
    8|Email|Email click|hubspot / email|marketing_email|Chapter 3: what planning software costs|Guide|ne|16|0
    9|Social|Ad click|linkedin / paid|ad|Spring Launch: plan in minutes|Ad|d|42|930
    9|Paid search|Ad click|google / cpc|ad|Spring Launch: the new planner|Ad|de|32|560
    9|Social|Social click|linkedin / social|social_post|Spring Launch teaser film|Social|dn|22|0
    9|Email|Email click|hubspot / email|marketing_email|You are invited: Spring Launch|Product|ne|50|0
    9|Webinar|Webinar attended|zoom / webinar|webinar|Spring Launch live demo|Webinar|ex|60|0
    9|Webinar|Form submission|hubspot / email|landing_page|Sign-up: Spring Launch live demo|Webinar|c|70|0
    9|Direct|Page view|(direct) / (none)|landing_page|Spring Launch: what is new|Product|dex|38|0
    9|Email|CTA click|hubspot / email|landing_page|Spring Launch early-access price|Offer|x|52|0
    10|Event|Event attended|roadshow / event|event|Autumn Roadshow: breakfast session|Event|dex|36|0
    10|Event|Form submission|roadshow / event|form|Autumn Roadshow registration|Event|c|44|0
    10|Email|Email click|hubspot / email|marketing_email|The roadshow comes to your city|Event|ne|24|0
    0|Organic search|Page view|google / organic|blog_post|How to plan capacity without spreadsheets|Blog|dn|16|0
    0|Organic search|Page view|google / organic|blog_post|Finite scheduling, explained|Blog|dn|11|0
    0|Organic search|Page view|bing / organic|website_page|Home|Website|d|5|0
    0|Organic search|Form submission|google / organic|website_page|Request a demo|Demo|c|8|0
    0|Direct|Page view|(direct) / (none)|website_page|Home|Website|den|11|0
    0|Direct|Page view|(direct) / (none)|website_page|Pricing|Pricing|ex|18|0
    0|Direct|Page view|(direct) / (none)|website_page|Security and compliance|Website|x|12|0
    0|Direct|Form submission|(direct) / (none)|form|Request a demo|Demo|ce|8|0
    0|Direct|Meeting booked|(direct) / (none)|meeting|Product demonstration|Meeting|e|12|0
    0|Email|Email click|sales / email|sales_email|Your quote|Sales|x|11|0
    0|Referral|Page view|g2.com / referral|website_page|Customer reviews|Review|de|7|0
    0|Social|Social click|linkedin / social|social_post|Customer story: 40% fewer late orders|Case study|dn|7|0
    0|Organic search|Page view|google / organic|case_study|How a parts maker cut lead times by half|Case study|ex|10|0
    3|||hubspot / crm|static_list|Planning kit downloads|List|l|10|0
    5|||hubspot / crm|WORKFLOW|Webinar follow-up|Workflow|l|12|0
    6|||hubspot / crm|static_list|Operations Summit badge scans|List|l|12|0
    9|||hubspot / crm|static_list|Spring Launch invitees|List|l|25|0
    9|||hubspot / crm|WORKFLOW|Spring Launch nurture|Workflow|l|20|0
    0|||hubspot / crm|WORKFLOW|Lead scoring|Workflow|l|5|0
    """
    listed = []
    for line in lines.strip().splitlines():
        number, channel, kind, source, asset_type, title, content, stages, weight, cost = line.strip().split("|")
        kind = kind or ("List membership" if asset_type == "static_list" else "Workflow enrolment")
        listed.append(
            Asset(
                campaign=f"CMP-{int(number):02d}" if number != "0" else None,
                channel=channel,
                kind=kind,
                source=source,
                type=asset_type,
                title=title,
                content=content,
                stages=stages,
                weight=int(weight),
                cost=int(cost),
            )
        )
    return tuple(listed)
