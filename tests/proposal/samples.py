"""A sample of each known export, in its real header shape, with what must come out of it.

`want` has for each table how many rows there are, and values of the first one, as text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The text of a file, and the tables in it: how many rows, and some values of the first.

    `beside` is the text of another file that its columns are looked up in.
    """

    text: str
    want: dict[str, tuple[int, dict[str, str]]]
    ending: str = "csv"
    encoding: str = "utf-8"
    beside: str | None = None


SAMPLES: dict[str, Sample] = {
    "hubspot-contacts": Sample(
        text="Record ID,First Name,Last Name,Email,Phone Number,Lead Status,Create Date,Associated Company,Contact owner\n"
        "101,Camille,Durand,camille@example.com,+33 6 00,NEW,2026-03-12 09:14,Demo,flo@example.com\n"
        "102,John,Smith,JOHN@Example.com,,OPEN,2026-03-15 14:30,,\n",
        want={"contacts": (2, {"contact_id": "101", "created_at": "2026-03-12 09:14:00"})},
    ),
    "hubspot-deals": Sample(
        text="Record ID,Deal Name,Deal Stage,Amount,Deal owner,Close Date,Create Date,Pipeline,"
        "Associated Company IDs,Associated Contact IDs\n"
        '7001,Acme,Closed won,"$15,000.50",Sam,2026-02-01 10:00,2026-01-01 10:00,Sales,9001,101;102\n'
        "7002,Beta,Proposal,,Sam,,2026-01-02 10:00,Sales,,\n",
        want={
            "deals": (2, {"deal_id": "7001", "amount": "15000.500000", "stage": "Closed won"}),
            "deal_contacts": (2, {"deal_id": "7001", "contact_id": "101"}),
        },
    ),
    "segment-orders": Sample(
        text="id,anonymous_id,user_id,timestamp,received_at,event,event_text,order_id,revenue,total,currency\n"
        "o1,an1,u1,2026-03-01 10:00:00,2026-03-01,order_completed,Order Completed,O1,100.5,110,USD\n"
        "o2,an1,u1,2026-03-01 10:00:05,2026-03-01,order_completed,Order Completed,O1,100.5,110,USD\n"
        "o3,an2,,2026-03-02 10:00:00,2026-03-02,order_refunded,Order Refunded,O1,100.5,110,USD\n",
        want={"deals": (1, {"deal_id": "O1", "amount": "100.500000", "contact_id": "u1"})},
    ),
    "segment-events": Sample(
        text='{"anonymousId":"an1","userId":null,"type":"page","messageId":"m1","timestamp":"2026-02-01T10:00:00Z",'
        '"name":"Home","context":{"campaign":{"name":"spring","source":"google","medium":"cpc"}}}\n'
        '{"anonymousId":"an1","userId":"u1","type":"identify","messageId":"m2","timestamp":"2026-02-02T10:00:00Z"}\n',
        want={"touchpoints": (1, {"contact_id": "u1", "campaign_id": "spring", "channel": "cpc"})},
        ending="jsonl",
    ),
    "hubspot-deals-api": Sample(
        text='{"id":"901","properties":{"amount":"1000.00","closedate":"2026-03-01T12:00:00Z","createdate":'
        '"2026-02-01T09:00:00.000Z","dealname":"A","dealstage":"closedwon","hs_object_id":"901","pipeline":"default"},'
        '"createdAt":"2026-02-01T09:00:00.000Z","archived":false,"associations":{"contacts":{"results":'
        '[{"id":"51","type":"deal_to_contact"},{"id":"51","type":"deal_to_contact_unlabeled"}]}}}\n',
        want={
            "deals": (1, {"deal_id": "901", "amount": "1000.000000", "closed_at": "2026-03-01 12:00:00"}),
            "deal_contacts": (1, {"deal_id": "901", "contact_id": "51"}),
        },
        ending="jsonl",
    ),
    "hubspot-campaigns": Sample(
        text="Campaign ID,Campaign Name,Start Date,End Date,Budget,Owner\nC-1,Spring,2026-01-01,2026-03-31,$1000,Ann\n",
        want={"campaigns": (1, {"campaign_id": "C-1", "name": "Spring", "budget": "1000.000000"})},
    ),
    "hubspot-campaign-assets": Sample(
        text="campaignGuid,assetType,id,name,associatedAt\nC-1,LANDING_PAGE,42,Demo,2026-01-01T10:00:00Z\n",
        want={"campaign_assets": (1, {"asset": "Demo", "campaign_id": "C-1", "asset_type": "LANDING_PAGE"})},
    ),
    "hubspot-forms": Sample(
        text="Conversion Date,Email,Form Name,Conversion Page,Campaign\n"
        "2026-01-05 10:00,Ann@Example.com,Demo,https://x.example/demo,Spring\n",
        want={"touchpoints": (1, {"contact_id": "ann@example.com", "interaction_type": "Form submission"})},
    ),
    "hubspot-email-events": Sample(
        text="id,_fivetran_synced,app_id,caused_by_created,caused_by_id,created,email_campaign_id,portal_id,type,"
        "filtered_event,recipient\n"
        "e1,2026-01-05,1,,,2026-01-05 10:00:00.357,2,47,OPEN,false,ann@example.com\n"
        "e2,2026-01-05,1,,,2026-01-05 10:01:00.357,2,47,CLICK,false,Ann@example.com\n",
        want={"touchpoints": (1, {"touchpoint_id": "e2", "contact_id": "ann@example.com", "channel": "Email"})},
    ),
    "hubspot-page-views": Sample(
        text="id,occurredAt,objectId,eventType,hs_url,hs_title,hs_utm_medium\n"
        "v1,2026-01-05T10:00:00.000Z,101,e_visited_page,https://x.example/?utm_campaign=spring,Home,cpc\n",
        want={"touchpoints": (1, {"contact_id": "101", "campaign_id": "spring", "channel": "cpc"})},
    ),
    "fivetran-hubspot-contact": Sample(
        text="_fivetran_deleted,_fivetran_synced,property_email,id,property_company,property_firstname,property_createdate\n"
        "FALSE,2026-04-02 11:16:05,ann@example.com,789,Sample,Ann,2026-04-01 17:32:47\n",
        want={"contacts": (1, {"contact_id": "789", "created_at": "2026-04-01 17:32:47"})},
    ),
    "fivetran-hubspot-deal": Sample(
        text="deal_id,is_deleted,deal_pipeline_id,deal_pipeline_stage_id,owner_id,portal_id,property_dealname,"
        "property_description,property_amount,property_closedate,property_createdate\n"
        "12,false,p,closedwon,,47,Acme,,150,2026-02-01 10:00:00,2026-01-04 12:48:22\n",
        want={"deals": (1, {"deal_id": "12", "amount": "150.000000", "stage": "closedwon"})},
    ),
    "fivetran-hubspot-deal-contact": Sample(
        text="contact_id,deal_id,_fivetran_synced,type_id,category\n149,861,2026-04-14 4:30:42,3,HUBSPOT_DEFINED\n",
        want={"deal_contacts": (1, {"deal_id": "861", "contact_id": "149"})},
    ),
    "fivetran-hubspot-form-submission": Sample(
        text="timestamp,form_id,contact_id,conversion_id,page_id,page_url,portal_id,title,_fivetran_synced\n"
        "2026-01-01 10:20:00,123,001,101,201,https://e.example/n?utm_campaign=spring&utm_medium=email,1,Signup,2026-02-01\n",
        want={"touchpoints": (1, {"contact_id": "001", "campaign_id": "spring", "channel": "email"})},
    ),
    "salesforce-opportunity": Sample(
        text="Id,IsDeleted,AccountId,Name,StageName,Amount,CloseDate,Type,IsClosed,IsWon,CreatedDate\n"
        "006000000000001,false,001,Acme,Closed Won,24120,2026-02-01,New,true,true,2026-01-19T19:51:13.000Z\n",
        want={"deals": (1, {"deal_id": "006000000000001", "amount": "24120.000000", "is_won": "true"})},
    ),
    "salesforce-opportunity-report": Sample(
        text="Opportunity ID,Opportunity Name,Account Name,Stage,Amount,Close Date,Created Date\n"
        "OPP-1,Acme,Acme,Closed Won,250000,2026-02-15,2026-01-15\n"
        "OPP-2,Beta,Beta,Proposal,10,2026-03-15,2026-01-20\n"
        "Grand Totals (2 records),,,,,,\n\n"
        '"Confidential Information - Do Not Distribute"\n'
        '"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."\n',
        want={"deals": (2, {"deal_id": "OPP-1", "closed_at": "2026-02-15 00:00:00"})},
    ),
    "salesforce-contact": Sample(
        text="Id,AccountId,LastName,FirstName,Email,CreatedDate\n003000000000001,001,Doe,Ann,a@e.example,2026-01-01T00:00:00Z\n",
        want={"contacts": (1, {"contact_id": "003000000000001"})},
    ),
    "salesforce-lead": Sample(
        text="Id,LastName,Email,Status,IsConverted,ConvertedContactId,CreatedDate\n"
        "00Q1,Doe,a@e.example,Open,false,,2026-01-01T00:00:00Z\n00Q2,Roe,b@e.example,Won,true,0031,2026-01-02T00:00:00Z\n",
        want={"contacts": (1, {"contact_id": "00Q1", "lifecycle_stage": "Open"})},
    ),
    "salesforce-contact-role": Sample(
        text="Id,OpportunityId,ContactId,Role,IsPrimary\n00K1,0061,0031,Decision Maker,true\n",
        want={"deal_contacts": (1, {"deal_id": "0061", "contact_id": "0031"})},
    ),
    "salesforce-campaign": Sample(
        text="Id,Name,Type,Status,StartDate,EndDate,BudgetedCost,ActualCost,OwnerId\n7011,Spring,Email,Active,2026-01-01,,100,90,005\n",
        want={"campaigns": (1, {"campaign_id": "7011", "spend": "90.000000"})},
    ),
    "salesforce-campaign-member": Sample(
        text="Id,CampaignId,LeadId,ContactId,Status,HasResponded,CreatedDate,FirstRespondedDate\n"
        "00v1,7011,00Q1,,Sent,false,2026-01-03T10:00:00Z,\n00v2,7011,00Q2,0031,Responded,true,2026-01-03T10:00:00Z,2026-01-05\n",
        want={"touchpoints": (2, {"contact_id": "00Q1", "campaign_id": "7011", "interaction_type": "Sent"})},
    ),
    "salesforce-campaign-member-report": Sample(
        text='"Campaign Name","Contact ID","Last Name","Member Status","Member First Responded Date"\n'
        '"Spring","0031","Roe","Responded","1/25/2026"\n"Grand Totals (1 record)"\n\n'
        '"Confidential Information - Do Not Distribute"\n',
        want={
            "touchpoints": (1, {"contact_id": "0031", "occurred_at": "2026-01-25 00:00:00", "campaign_id": "Spring"})
        },
    ),
    "paths-with-counts": Sample(
        text="path,total_conversions,total_conversion_value,total_null\nA > B,2,10.5,3\nB,0,0,1\n",
        want={"touchpoints": (5, {"channel": "A"}), "deals": (1, {"amount": "10.500000"})},
    ),
    "paths-snowplow-fractribution": Sample(
        text="transformed_path,conversions,non_conversions,revenue\nDirect > Video,3,25,94.42\nReferral,0,2,\n",
        want={"touchpoints": (5, {"channel": "Direct"}), "deals": (1, {"amount": "94.420000"})},
    ),
    "paths-snowplow-attribution": Sample(
        text="path_type,transformed_path,conversions,non_conversions,revenue\ncampaign,Campaign 1,4,56,294.42\n"
        "channel,Direct,3,25,94.42\nchannel,Direct > Organic_Search > Direct,1,0,140.00\nchannel,Referral,0,2,\n",
        want={"touchpoints": (6, {"channel": "Direct"}), "deals": (2, {"amount": "94.420000", "times": "3"})},
    ),
    "paths-google-analytics": Sample(
        text=f"# {'-' * 40}\n# All Web Site Data\n# Top Conversion Paths\n# 20200101-20200331\n# {'-' * 40}\n\n"
        'MCF Channel Grouping Path,Conversions,Conversion Value\nDirect > Direct,"1,234","$5,000.50"\n'
        'Organic Search > Direct,20,$0.00\n,"1,254","$5,000.50"\n',
        want={"touchpoints": (4, {"channel": "Direct", "times": "1234"}), "deals": (2, {"amount": "5000.500000"})},
    ),
    "paths-ga4": Sample(
        text=f"# {'-' * 40}\n# Attribution paths\n# Start date: 20240101\n# {'-' * 40}\n\nPrimary channel group path,"
        "Key events,Purchase revenue,Days to key event,Touchpoints to key event\n"
        '"[""Organic Search"",""Direct""]",12,100.5,1.5,2\n"[Direct, Email]",3,0,0,1\n',
        want={"touchpoints": (4, {"channel": "Organic Search"}), "deals": (2, {"amount": "100.500000", "times": "12"})},
    ),
    "paths": Sample(
        text="path,conversions,value,null\nA > B,2,10.5,3\nB,0,0,1\n",
        want={"touchpoints": (5, {"channel": "A"}), "deals": (1, {"amount": "10.500000"})},
    ),
    "google-ads-spend": Sample(
        text='Campaign report\n"September 1, 2026 - September 16, 2026"\n'
        "Campaign,Day,Currency code,Cost,Impr.,Clicks,Conversions\n"
        'Search - Brand,2026-09-01,GBP,"1,010.00",100,5,1\nSearch - Brand,2026-09-02,GBP,--,100,5,1\n'
        'Total: Account,,,"1,010.00",200,10,2\n',
        want={"campaign_spend": (2, {"campaign_id": "Search - Brand", "amount": "1010.000000"})},
    ),
    "meta-ads-spend": Sample(
        text="Reporting starts,Reporting ends,Campaign name,Amount spent (USD),Impressions\n"
        '2026-08-01,2026-08-01,Looma - Broad,"1,234.56",45012\n2026-08-02,2026-08-02,Looma - Broad,"1,002.00",39887\n',
        want={"campaign_spend": (2, {"campaign_id": "Looma - Broad", "amount": "1234.560000"})},
    ),
    "linkedin-ads-spend": Sample(
        text="Campaign Performance Report\nReport Start: January 1, 2026\n"
        "Start Date (in UTC)\tAccount Name\tCampaign Name\tTotal Spent\tImpressions\n1/13/2026\tAcme\tABM\t120.50\t10\n",
        want={"campaign_spend": (1, {"campaign_id": "ABM", "spent_on": "2026-01-13", "amount": "120.500000"})},
        encoding="utf-16",
    ),
    "tiktok-ads-spend": Sample(
        text="By Day,Campaign name,Ad group name,Ad name,Cost,Impressions,Clicks (destination)\n2026-09-20,TT Winter,I,U,8.00,50,7\n",
        want={"campaign_spend": (1, {"campaign_id": "TT Winter", "amount": "8.000000"})},
    ),
    "fivetran-google-ads-spend": Sample(
        text="_fivetran_id,customer_id,date,_fivetran_synced,clicks,cost_micros,device,id,impressions\n"
        "x,1,2026-01-02,2026-01-03,5,1250000,MOBILE,77,10\n",
        want={"campaign_spend": (1, {"campaign_id": "77", "amount": "1.250000"})},
    ),
    "fivetran-linkedin-ads-spend": Sample(
        text="campaign_id,day,_fivetran_synced,clicks,cost_in_local_currency,cost_in_usd\n9,2026-01-02,x,5,12.5,13\n",
        want={"campaign_spend": (1, {"campaign_id": "9", "amount": "12.500000"})},
    ),
    "fivetran-tiktok-ads-spend": Sample(
        text="CAMPAIGN_ID,STAT_TIME_HOUR,CPC,CLICKS,SPEND,_FIVETRAN_SYNCED\n9,2026-01-02 13:00:00,1,5,12.5,x\n",
        want={"campaign_spend": (1, {"campaign_id": "9", "spent_on": "2026-01-02"})},
    ),
    "fivetran-meta-ads-spend": Sample(
        text="ad_id,date,account_id,impressions,inline_link_clicks,spend\n"
        "6215293456071,2020-12-10,1700252260223815,4233,10,76.53\n"
        "6215304566671,2020-12-04,1700252260223815,2575,,55.26\n",
        beside="id,account_id,ad_set_id,campaign_id,creative_id,name,_fivetran_synced,updated_time\n"
        "6215304566671,1700252260223815,64071,6215304559271,63671,v1,2020-12-31T14:21:04.304,2020-12-24T17:24:16\n"
        "6215293456071,1700252260223815,50671,6215293444271,45471,v1,2020-12-31T14:21:04.669,2020-10-22T21:39:48\n"
        "6215293456071,1700252260223815,50671,6215293444271,45471,v1,2021-06-29T14:22:06.425,2020-12-31T15:28:56\n",
        want={"campaign_spend": (2, {"campaign_id": "6215293444271", "spent_on": "2020-12-10", "amount": "76.530000"})},
    ),
    "fivetran-meta-campaign": Sample(
        text="id,account_id,name,updated_time\n6235,170,Spring,2020-12-16 14:20:48\n6235,170,Spring sale,2020-12-17 14:20:42\n"
        "6236,170,Summer,2020-12-17 14:20:42\n",
        want={"campaigns": (2, {"campaign_id": "6235", "name": "Spring sale"})},
    ),
    "segment-pages": Sample(
        text="id,anonymous_id,user_id,timestamp,context_page_url,context_campaign_name,context_campaign_medium,"
        "context_campaign_source,title\n"
        "p1,a1,,2026-01-02 10:00:00,https://x.example,spring,cpc,google,Home\n"
        "p2,a1,u1,2026-01-02 10:05:00,https://x.example,spring,cpc,google,Home\n",
        want={"touchpoints": (2, {"contact_id": "u1", "campaign_id": "spring", "channel": "cpc"})},
    ),
    "snowplow-events": Sample(
        text="event_id,event,user_id,collector_tstamp,derived_tstamp,domain_userid,page_title,mkt_medium,mkt_source,"
        "mkt_term,mkt_content,mkt_campaign\n"
        "e1,page_view,u1,2026-01-02 10:00:00,,d1,Home,cpc,google,,,spring\n",
        want={"touchpoints": (1, {"contact_id": "u1", "campaign_id": "spring", "occurred_at": "2026-01-02 10:00:00"})},
    ),
    "mailchimp-members": Sample(
        text="Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
        "Ann@e.example,Ann,Doe,2,2026-01-01 10:00:00,1.1.1.1,2026-01-01 10:05:00,2026-01-15,1,a,,\n",
        want={"contacts": (1, {"contact_id": "ann@e.example", "created_at": "2026-01-01 10:00:00"})},
    ),
    "fivetran-mailchimp-activity": Sample(
        text="action,campaign_id,member_id,timestamp,_fivetran_synced,bounce_type,combination_id,ip,list_id,url\n"
        "open,c1,m1,2026-01-01 10:00:00,x,,,,l,\nclick,c1,m1,2026-01-01 10:01:00,x,,,,l,https://x.example\n",
        want={"touchpoints": (1, {"contact_id": "m1", "campaign_id": "c1"})},
    ),
    "stripe-payments": Sample(
        text="id,Description,Seller Message,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email\n"
        "ch_1,,Payment complete.,2026-01-01 10:00:00,100.00,20.00,usd,Paid,cus_1,Ann@e.example\n"
        "ch_2,,Declined.,2026-01-01 10:00:00,100.00,0,usd,Failed,cus_1,Ann@e.example\n",
        want={"deals": (1, {"deal_id": "ch_1", "amount": "80.000000", "contact_id": "ann@e.example"})},
    ),
    "appsflyer-raw-data": Sample(
        text="Attributed Touch Type,Attributed Touch Time,Install Time,Event Time,Event Name,Event Value,Event Revenue,Event Revenue Currency,Event Revenue USD,Event Source,Is Receipt Validated,Partner,Media Source,Channel,Keywords,Campaign,Campaign ID,Adset,Adset ID,Ad,Ad ID,Ad Type,Site ID,Sub Site ID,Sub Param 1,Sub Param 2,Sub Param 3,Sub Param 4,Sub Param 5,Cost Model,Cost Value,Cost Currency,Contributor 1 Partner,Contributor 1 Media Source,Contributor 1 Campaign,Contributor 1 Touch Type,Contributor 1 Touch Time,Contributor 2 Partner,Contributor 2 Media Source,Contributor 2 Campaign,Contributor 2 Touch Type,Contributor 2 Touch Time,Contributor 3 Partner,Contributor 3 Media Source,Contributor 3 Campaign,Contributor 3 Touch Type,Contributor 3 Touch Time,Region,Country Code,State,City,Postal Code,DMA,IP,WIFI,Operator,Carrier,Language,AppsFlyer ID,Advertising ID,IDFA,Android ID,Customer User ID,IMEI,IDFV,Platform,Device Type,OS Version,App Version,SDK Version,App ID,App Name,Bundle ID,Is Retargeting,Retargeting Conversion Type,Attribution Lookback,Reengagement Window,Is Primary Attribution,User Agent,HTTP Referrer,Original URL\n"
        "click,2026-01-04 13:28:46,2026-01-05 07:01:52,2026-01-05 07:01:54,install,,,USD,,,,,googleadwords_int,ACI_Display,,Spring,20833007721,,,,,,,,,,,,,,,,,bytedanceglobal_int,Launch,impression,2026-01-03 09:00:00,,,,,,,,,,,,,,,,,,,,,,1707053358481-2071216,,,,,,,,,,,,,,,,,,,true,,,\n"
        "click,2026-01-04 13:28:46,2026-01-05 07:01:52,2026-01-05 08:00:00,af_login,,,USD,,,,,googleadwords_int,ACI_Display,,Spring,20833007721,,,,,,,,,,,,,,,,,bytedanceglobal_int,Launch,impression,2026-01-03 09:00:00,,,,,,,,,,,,,,,,,,,,,,1707053358481-2071216,,,,727513,,,,,,,,,,,,,,,true,,,\n"
        "click,2026-01-04 13:28:46,2026-01-05 07:01:52,2026-01-06 08:00:00,af_purchase,,12.5,USD,,,,,googleadwords_int,ACI_Display,,Spring,20833007721,,,,,,,,,,,,,,,,,bytedanceglobal_int,Launch,impression,2026-01-03 09:00:00,,,,,,,,,,,,,,,,,,,,,,1707053358481-2071216,,,,727513,,,,,,,,,,,,,,,true,,,\n"
        "click,2026-01-04 13:28:46,2026-01-05 07:01:52,2026-01-06 08:00:00,af_purchase,,12.5,USD,,,,,googleadwords_int,ACI_Display,,Spring,20833007721,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,1707053358481-2071216,,,,727513,,,,,,,,,,,,,,,false,,,\n"
        ",,2026-01-05 06:14:08,2026-01-05 06:14:54,af_purchase,,3,USD,,,,,restricted,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,1709013912369-7733291,,,,,,,,,,,,,,,,,,,true,,,\n"
        ",,2026-01-05 06:14:08,2026-01-05 06:14:54,af_purchase,,7,USD,,,,,organic,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,9,,,,,,,,,,,,,,,,,,,true,,,\n",
        want={
            "touchpoints": (
                3,
                {"contact_id": "1709013912369-7733291", "occurred_at": "2026-01-05 06:14:08", "channel": "restricted"},
            ),
            "af_purchase_conversions": (
                3,
                {"contact_id": "1709013912369-7733291", "conversion_value": "3.000000", "currency": "USD"},
            ),
            "install_conversions": (1, {"contact_id": "727513", "converted_at": "2026-01-05 07:01:54"}),
        },
    ),
    "shopify-orders": Sample(
        text="Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,"
        "Lineitem quantity,Lineitem name,Refunded Amount,Outstanding Balance\n"
        "#1001,A@e.example,partially_paid,2026-03-01 10:15:00 -0500,fulfilled,USD,100,5,8.25,113.25,2026-03-01 10:15:00 -0500,1,Mug,13.25,40.00\n"
        "#1001,A@e.example,,,,,,,,,,1,Second item,,\n",
        want={"deals": (1, {"deal_id": "#1001", "amount": "60.000000", "created_at": "2026-03-01 15:15:00"})},
    ),
    "fivetran-shopify-order": Sample(
        text="id,note,email,taxes_included,currency,subtotal_price,total_tax,total_price,created_at,customer_id\n"
        "5,,a@e.example,false,USD,10,1,11,2026-01-01 10:00:00,77\n",
        want={"deals": (1, {"deal_id": "5", "amount": "11.000000"})},
    ),
    "fivetran-salesforce-opportunity": Sample(
        text="_fivetran_synced,account_id,amount,campaign_id,close_date,created_date,id,is_closed,is_won,stage_name,type\n"
        "2026-01-01,001,100,,2026-02-01,2026-01-01 19:51:13,0061,true,true,Won,New\n",
        want={"deals": (1, {"deal_id": "0061", "is_won": "true"})},
    ),
    "ga4-bigquery-parquet": Sample(
        text='{"event_date":"20260105","event_timestamp":1767607200000000,"event_name":"session_start","event_params":'
        '[{"key":"page_title","value":{"string_value":"Home"}}],"user_id":"u1","user_pseudo_id":"1.2",'
        '"traffic_source":{"name":"spring","medium":"cpc","source":"google"}}\n'
        '{"event_date":"20260105","event_timestamp":1767607300000000,"event_name":"scroll","event_params":'
        '[{"key":"page_title","value":{"string_value":"Home"}}],"user_id":"u1","user_pseudo_id":"1.2",'
        '"traffic_source":{"name":"spring","medium":"cpc","source":"google"}}\n',
        want={"touchpoints": (1, {"contact_id": "u1", "channel": "cpc", "asset_title": "Home"})},
        ending="parquet",
    ),
    "ga4-bigquery-jsonl": Sample(
        text='{"event_date":"20260105","event_timestamp":1767607200000000,"event_name":"session_start","event_params":'
        '[{"key":"page_title","value":{"string_value":"Home"}}],"user_id":"u1","user_pseudo_id":"1.2",'
        '"traffic_source":{"name":"spring","medium":"cpc","source":"google"}}\n'
        '{"event_date":"20260105","event_timestamp":1767607300000000,"event_name":"scroll","event_params":'
        '[{"key":"page_title","value":{"string_value":"Home"}}],"user_id":"u1","user_pseudo_id":"1.2",'
        '"traffic_source":{"name":"spring","medium":"cpc","source":"google"}}\n',
        want={"touchpoints": (1, {"contact_id": "u1", "channel": "cpc"})},
        ending="jsonl",
    ),
    "fivetran-salesforce-contact": Sample(
        text="id,_fivetran_synced,account_id,created_date,department,email,first_name,last_name\n0031,x,001,2026-01-01 10:00:00,,a@e.example,Ann,Doe\n",
        want={"contacts": (1, {"contact_id": "0031", "created_at": "2026-01-01 10:00:00"})},
    ),
    "fivetran-salesforce-campaign": Sample(
        text="_fivetran_synced,_fivetran_active,id,name,type,status,start_date,end_date,is_active,budgeted_cost,actual_cost\n"
        "2026-01-15 00:00:00,true,camp1,Q1 Webinar,Webinar,Active,2026-01-01 00:00:00,2026-03-31 00:00:00,true,5000,4200\n",
        want={"campaigns": (1, {"campaign_id": "camp1", "starts_on": "2026-01-01", "spend": "4200.000000"})},
    ),
    "fivetran-salesforce-campaign-member": Sample(
        text="_fivetran_synced,id,account_id,campaign_id,contact_id,created_date,first_responded_date,has_responded,lead_id,status\n"
        "x,m1,a,camp1,0031,2026-01-10 00:00:00,2026-01-12 00:00:00,true,,Responded\n"
        "x,m2,a,camp1,,2026-01-10 00:00:00,,false,lead1,Sent\n",
        want={"touchpoints": (2, {"contact_id": "0031", "occurred_at": "2026-01-12 00:00:00", "campaign_id": "camp1"})},
    ),
    "fivetran-stripe-charge": Sample(
        text="id,_fivetran_synced,amount,amount_refunded,captured,created,currency,customer_id,paid,receipt_email,status\n"
        "ch_1,x,10000,2000,true,2026-01-01 10:00:00,usd,cus_1,true,Ann@e.example,succeeded\n"
        "ch_2,x,10000,0,false,2026-01-01 10:00:00,usd,cus_1,false,Ann@e.example,failed\n",
        want={"deals": (1, {"deal_id": "ch_1", "amount": "80.000000", "contact_id": "ann@e.example"})},
    ),
    "fivetran-mailchimp-member": Sample(
        text="id,list_id,_fivetran_synced,country_code,email_address,member_rating,status,timestamp_opt,timestamp_signup\n"
        "m1,l1,x,US,a@e.example,2,subscribed,2026-01-01 10:05:00,2026-01-01 10:00:00\n",
        want={"contacts": (1, {"contact_id": "m1", "created_at": "2026-01-01 10:00:00"})},
    ),
}
