WITH
-- touchpoints: one row for each row of the source, in its order
touchpoints AS NOT MATERIALIZED (
  SELECT row_number() OVER () - 1 AS source_row, *
  FROM (
    SELECT CASE
      WHEN "contact_id" LIKE ' %'
      OR "contact_id" LIKE '% '
      THEN nullif(trim("contact_id"), '')
      ELSE "contact_id" END AS "contact_id",
      coalesce(
        CASE
          WHEN regexp_full_match(
            "occurred_at",
            '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)(?:[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)?')
          THEN timezone('UTC', timezone('Europe/Berlin', TRY_CAST("occurred_at" AS TIMESTAMP)))
          WHEN regexp_full_match(
            "occurred_at",
            '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)? ?(?:Z|UTC|GMT)')
          THEN TRY_CAST("occurred_at" AS TIMESTAMP) END,
        CASE
          WHEN trim("occurred_at") <> ''
          THEN error('attrib: a value does not fit the first rows') END) AS "occurred_at",
      CASE
        WHEN "touchpoint_id" LIKE ' %'
        OR "touchpoint_id" LIKE '% '
        THEN nullif(trim("touchpoint_id"), '')
        ELSE "touchpoint_id" END AS "touchpoint_id",
      CASE
        WHEN "campaign_id" LIKE ' %'
        OR "campaign_id" LIKE '% '
        THEN nullif(trim("campaign_id"), '')
        ELSE "campaign_id" END AS "campaign_id",
      "asset_type" AS "asset_type"
    FROM read_csv(
      ['examples/data/touchpoints.csv'],
      auto_detect = false,
      columns = {
        'touchpoint_id': 'VARCHAR',
        'contact_id': 'VARCHAR',
        'occurred_at': 'VARCHAR',
        'campaign_id': 'VARCHAR',
        'channel': 'VARCHAR',
        'interaction_type': 'VARCHAR',
        'interaction_source': 'VARCHAR',
        'asset_type': 'VARCHAR',
        'asset_title': 'VARCHAR',
        'content_type': 'VARCHAR',
        'cost': 'VARCHAR'},
      header = true,
      skip = 0,
      delim = ',',
      quote = '"',
      escape = '"',
      comment = '',
      nullstr = '',
      allow_quoted_nulls = true,
      strict_mode = true,
      null_padding = false,
      ignore_errors = false,
      hive_partitioning = false,
      compression = 'none',
      encoding = 'utf-8'))
),
-- deals: one row for each row of the source, in its order
deals AS NOT MATERIALIZED (
  SELECT row_number() OVER () - 1 AS source_row, *
  FROM (
    SELECT CASE
      WHEN "deal_id" LIKE ' %'
      OR "deal_id" LIKE '% '
      THEN nullif(trim("deal_id"), '')
      ELSE "deal_id" END AS "deal_id",
      coalesce(
        CASE
          WHEN regexp_full_match(
            "created_at",
            '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)(?:[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)?')
          THEN timezone('UTC', timezone('Europe/Berlin', TRY_CAST("created_at" AS TIMESTAMP)))
          WHEN regexp_full_match(
            "created_at",
            '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)? ?(?:Z|UTC|GMT)')
          THEN TRY_CAST("created_at" AS TIMESTAMP) END,
        CASE
          WHEN trim("created_at") <> ''
          THEN error('attrib: a value does not fit the first rows') END) AS "created_at",
      coalesce(
        CASE
          WHEN regexp_full_match(
            "closed_at",
            '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)(?:[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)?')
          THEN timezone('UTC', timezone('Europe/Berlin', TRY_CAST("closed_at" AS TIMESTAMP)))
          WHEN regexp_full_match(
            "closed_at",
            '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)? ?(?:Z|UTC|GMT)')
          THEN TRY_CAST("closed_at" AS TIMESTAMP) END,
        CASE
          WHEN trim("closed_at") <> ''
          THEN error('attrib: a value does not fit the first rows') END) AS "closed_at",
      coalesce(
        CASE
          WHEN regexp_full_match("amount", ' *[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})? *')
          THEN TRY_CAST("amount" AS DECIMAL(38,6))
          WHEN regexp_full_match(
            "amount",
            ' *[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?:[   ]\d{3})+)(?:\.\d*)? *')
          THEN TRY_CAST(regexp_replace("amount", '[,   ]', '', 'g') AS DECIMAL(38,6)) END,
        CASE
          WHEN trim("amount") <> ''
          THEN error('attrib: a value does not fit the first rows') END) AS "amount",
      coalesce(
        CASE
          WHEN lower(trim("is_won")) IN ('true', 't', 'yes', 'y', '1', 'won')
          THEN TRUE
          WHEN lower(trim("is_won")) IN ('false', 'f', 'no', 'n', '0', 'lost')
          THEN FALSE END,
        CASE
          WHEN trim("is_won") <> ''
          THEN error('attrib: a value does not fit the first rows') END) AS "is_won",
      "stage" AS "stage",
      "currency" AS "currency"
    FROM read_csv(
      ['examples/data/deals.csv'],
      auto_detect = false,
      columns = {
        'deal_id': 'VARCHAR',
        'deal_name': 'VARCHAR',
        'created_at': 'VARCHAR',
        'closed_at': 'VARCHAR',
        'amount': 'VARCHAR',
        'currency': 'VARCHAR',
        'is_won': 'VARCHAR',
        'stage': 'VARCHAR',
        'pipeline': 'VARCHAR',
        'deal_type': 'VARCHAR',
        'segment': 'VARCHAR'},
      header = true,
      skip = 0,
      delim = ',',
      quote = '"',
      escape = '"',
      comment = '',
      nullstr = '',
      allow_quoted_nulls = true,
      strict_mode = true,
      null_padding = false,
      ignore_errors = false,
      hive_partitioning = false,
      compression = 'none',
      encoding = 'utf-8'))
),
-- deal_contacts: one row for each row of the source, in its order
deal_contacts AS NOT MATERIALIZED (
  SELECT row_number() OVER () - 1 AS source_row, *
  FROM (
    SELECT CASE
      WHEN "deal_id" LIKE ' %'
      OR "deal_id" LIKE '% '
      THEN nullif(trim("deal_id"), '')
      ELSE "deal_id" END AS "deal_id",
      CASE
        WHEN "contact_id" LIKE ' %'
        OR "contact_id" LIKE '% '
        THEN nullif(trim("contact_id"), '')
        ELSE "contact_id" END AS "contact_id"
    FROM read_csv(
      ['examples/data/deal_contacts.csv'],
      auto_detect = false,
      columns = {'deal_id': 'VARCHAR', 'contact_id': 'VARCHAR'},
      header = true,
      skip = 0,
      delim = ',',
      quote = '"',
      escape = '"',
      comment = '',
      nullstr = '',
      allow_quoted_nulls = true,
      strict_mode = true,
      null_padding = false,
      ignore_errors = false,
      hive_partitioning = false,
      compression = 'none',
      encoding = 'utf-8'))
),
-- campaigns: one row for each row of the source, in its order
campaigns AS NOT MATERIALIZED (
  SELECT row_number() OVER () - 1 AS source_row, *
  FROM (
    SELECT CASE
      WHEN "campaign_id" LIKE ' %'
      OR "campaign_id" LIKE '% '
      THEN nullif(trim("campaign_id"), '')
      ELSE "campaign_id" END AS "campaign_id",
      "name" AS "name",
      coalesce(
        CASE WHEN regexp_full_match("budget", '[+-]?\d+') THEN TRY_CAST("budget" AS DECIMAL(38,6)) END,
        CASE
          WHEN trim("budget") <> ''
          THEN error('attrib: a value does not fit the first rows') END) AS "budget"
    FROM read_csv(
      ['examples/data/campaigns.csv'],
      auto_detect = false,
      columns = {
        'campaign_id': 'VARCHAR',
        'name': 'VARCHAR',
        'starts_on': 'VARCHAR',
        'ends_on': 'VARCHAR',
        'budget': 'VARCHAR',
        'owner': 'VARCHAR',
        'utm': 'VARCHAR'},
      header = true,
      skip = 0,
      delim = ',',
      quote = '"',
      escape = '"',
      comment = '',
      nullstr = '',
      allow_quoted_nulls = true,
      strict_mode = true,
      null_padding = false,
      ignore_errors = false,
      hive_partitioning = false,
      compression = 'none',
      encoding = 'utf-8'))
),
-- campaign_spend: one row for each row of the source, in its order
campaign_spend AS NOT MATERIALIZED (
  SELECT row_number() OVER () - 1 AS source_row, *
  FROM (
    SELECT CASE
      WHEN "campaign_id" LIKE ' %'
      OR "campaign_id" LIKE '% '
      THEN nullif(trim("campaign_id"), '')
      ELSE "campaign_id" END AS "campaign_id",
      coalesce(
        CAST(
          CASE
            WHEN regexp_full_match(
              "spent_on",
              '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)(?:[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)?')
            THEN TRY_CAST("spent_on" AS TIMESTAMP)
            WHEN regexp_full_match(
              "spent_on",
              '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)? ?(?:Z|UTC|GMT)')
            THEN timezone('Europe/Berlin', timezone('UTC', TRY_CAST("spent_on" AS TIMESTAMP))) END AS DATE),
        CASE
          WHEN trim("spent_on") <> ''
          THEN error('attrib: a value does not fit the first rows') END) AS "spent_on",
      coalesce(
        CASE
          WHEN regexp_full_match("amount", ' *[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})? *')
          THEN TRY_CAST("amount" AS DECIMAL(38,6))
          WHEN regexp_full_match(
            "amount",
            ' *[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?:[   ]\d{3})+)(?:\.\d*)? *')
          THEN TRY_CAST(regexp_replace("amount", '[,   ]', '', 'g') AS DECIMAL(38,6)) END,
        CASE
          WHEN trim("amount") <> ''
          THEN error('attrib: a value does not fit the first rows') END) AS "amount"
    FROM read_csv(
      ['examples/data/campaign_spend.csv'],
      auto_detect = false,
      columns = {'campaign_id': 'VARCHAR', 'spent_on': 'VARCHAR', 'amount': 'VARCHAR'},
      header = true,
      skip = 0,
      delim = ',',
      quote = '"',
      escape = '"',
      comment = '',
      nullstr = '',
      allow_quoted_nulls = true,
      strict_mode = true,
      null_padding = false,
      ignore_errors = false,
      hive_partitioning = false,
      compression = 'none',
      encoding = 'utf-8'))
),
-- one row for each conversion in the date range
conversions AS MATERIALIZED (
  SELECT
    c.deal_id AS conversion,
    c.closed_at AS converted_at,
    c.created_at AS deal_created_at,
    coalesce(c.amount, 0) AS amount,
    0 AS period
  FROM deals AS c
  WHERE c.closed_at IS NOT NULL
    AND coalesce(c.is_won, false)
    AND c.amount IS NOT NULL
    AND c.created_at IS NOT NULL
),
-- one row for each contact of a conversion
members AS MATERIALIZED (
  SELECT
    c.conversion,
    pair.contact_id,
    c.converted_at,
    c.deal_created_at
  FROM (
    SELECT DISTINCT deal_id, contact_id
    FROM (
      SELECT deal_id AS deal_id, CAST(contact_id AS VARCHAR) AS contact_id
      FROM deal_contacts AS s
      WHERE contact_id IS NOT NULL AND deal_id IS NOT NULL) AS s) AS pair
    JOIN conversions AS c ON c.conversion = pair.deal_id
),
-- one row for each interaction and conversion it leads to; age is in microseconds before the conversion
interactions AS MATERIALIZED (
  SELECT
    m.conversion,
    epoch_us(m.converted_at) - epoch_us(t.occurred_at) AS age,
    t.touchpoint_id,
    t.source_row,
    t.campaign_id AS campaign_key,
    (
      coalesce(
        replace(
          replace(replace(lower(t.asset_type), '_', ''), '-', ''),
          ' ',
          '') IN (
          'staticlist',
          'workflow',
          'objectlist',
          'automationplatformflow'),
        false)) AS excluded
  FROM touchpoints AS t
    JOIN members AS m ON m.contact_id = t.contact_id
  WHERE t.occurred_at <= m.converted_at
),
-- one row for each interaction that may earn credit, and conversion it leads to; order_key orders those of a journey
eligible AS NOT MATERIALIZED (
  SELECT i.*,
    struct_pack(
      order_1 := -age,
      order_2 := touchpoint_id IS NULL,
      order_3 := TRY_CAST(touchpoint_id AS HUGEINT) IS NULL,
      order_4 := coalesce(TRY_CAST(touchpoint_id AS HUGEINT), 0),
      order_5 := coalesce(touchpoint_id, ''),
      order_6 := source_row) AS order_key
  FROM interactions AS i
  WHERE NOT i.excluded
),
-- one row for each conversion with interactions: the length of its journey and the keys of its positions
journey_totals AS MATERIALIZED (
  SELECT
    conversion,
    CAST(count(*) AS INTEGER) AS length,
    min(order_key) AS first_key
  FROM eligible
  GROUP BY conversion
),
-- one row for each conversion with interactions: its length, value and pattern of key positions
journeys AS MATERIALIZED (
  SELECT
    w.conversion,
    w.length,
    c.amount,
    c.period,
    w.first_key,
    CAST(1 * (1) AS INTEGER) AS pattern
  FROM journey_totals AS w
    JOIN conversions AS c ON c.conversion = w.conversion
),
-- one row for each eligible interaction and conversion: the positions it holds, as bits
placed AS MATERIALIZED (
  SELECT
    e.conversion,
    j.length,
    j.amount,
    j.period,
    j.pattern,
    CASE WHEN e.order_key = j.first_key THEN 1 ELSE 0 END AS positions_held,
    e.campaign_key
  FROM eligible AS e
    JOIN journeys AS j ON j.conversion = e.conversion
),
-- one row for each kind of cell, dimensions, positions held, pattern and length
cube AS MATERIALIZED (
  SELECT
    'credit' AS cell,
    p.period,
    p.campaign_key,
    true AS shown,
    p.positions_held,
    p.pattern,
    p.length,
    count(*) AS interactions,
    CAST(sum(p.amount) * 1000000 AS HUGEINT) AS amount
  FROM placed AS p
  GROUP BY p.period, p.campaign_key, p.positions_held, p.pattern, p.length
  UNION ALL
  SELECT
    'unattributed',
    c.period,
    NULL,
    true,
    0,
    0,
    0,
    count(*),
    CAST(sum(c.amount) * 1000000 AS HUGEINT)
  FROM conversions AS c
  WHERE NOT EXISTS (SELECT 1 FROM journey_totals AS w WHERE w.conversion = c.conversion)
  GROUP BY c.period
  UNION ALL
  SELECT 'excluded', 0, NULL, true, 0, 0, 0, count(*), 0
  FROM interactions WHERE excluded
),
-- one row for each campaign; a name that several share is told apart by the id
campaign_names AS NOT MATERIALIZED (
  SELECT * REPLACE (CASE WHEN count(*) OVER (PARTITION BY name) > 1
      THEN name || ' (' || campaign_id || ')' ELSE name END AS name)
  FROM (
    SELECT * REPLACE (CASE WHEN count(*) OVER (PARTITION BY name) > 1
        THEN name || ' (' || campaign_id || ')' ELSE name END AS name)
    FROM campaigns AS s
  ) AS s
),
-- one row for each text that stands for one campaign: its id, or a name that is no id and no other's name
campaign_keys AS NOT MATERIALIZED (
  SELECT CASE WHEN by_name THEN name ELSE CAST(campaign_id AS VARCHAR) END AS campaign_key,
    campaign_id,
    name AS own_name,
    by_name
  FROM (
    SELECT campaign_id, name, count(*) OVER (PARTITION BY name) AS namesakes
    FROM campaigns AS s
  ) AS c CROSS JOIN (VALUES (false), (true)) AS v(by_name)
  WHERE NOT by_name OR (name IS NOT NULL AND namesakes = 1)
  QUALIFY row_number() OVER (PARTITION BY CASE WHEN by_name THEN name ELSE CAST(campaign_id AS VARCHAR) END
    ORDER BY by_name) = 1
),
-- one row for each model asked for: what it weighs
models AS NOT MATERIALIZED (
  SELECT * FROM (VALUES
    (0, 'first', 1, 1, 0, 0, 0, 0, -1)
  ) AS v(model_number, model, mask, first_weight, lead_weight, deal_weight, last_weight, rest_weight, kernel)
),
-- one row for each conversion, dimensions and positions held
touches AS NOT MATERIALIZED (
  SELECT DISTINCT 'credit' AS cell, period, campaign_key, true AS shown, positions_held, conversion, amount
  FROM placed
),
-- one row for each period, dimensions, model and conversion with a credited interaction
touched_conversions AS NOT MATERIALIZED (
  SELECT DISTINCT
    c.period,
    CASE
      WHEN c.cell = 'unattributed'
      THEN '(unattributed)'
      ELSE coalesce(
        CASE
          WHEN lower(
            trim(CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR), '"')) IN (
            '(unattributed)',
            '(other)',
            '(no interaction)',
            '(no campaign)')
          THEN '"' || CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR) || '"'
          ELSE CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR) END,
        '(no campaign)') END AS campaign_label,
    m.model_number,
    c.conversion,
    c.amount
  FROM touches AS c
    LEFT JOIN campaign_keys AS named ON named.campaign_key = CAST(c.campaign_key AS VARCHAR)
    LEFT JOIN campaign_names AS n ON n.campaign_id = named.campaign_id
    CROSS JOIN models AS m
  WHERE (c.shown) AND (c.positions_held & m.mask <> 0 OR m.rest_weight > 0)
),
-- one row for each period, dimensions and model: conversions touched and their amounts in millionths
touched AS MATERIALIZED (
  SELECT period,
    campaign_label,
    model_number,
    count(*) AS conversions,
    CAST(sum(amount) * 1000000 AS HUGEINT) AS amount
  FROM touched_conversions
  GROUP BY period, campaign_label, model_number
),
-- one row for each row of spend, and for each campaign with a budget
spend_rows AS NOT MATERIALIZED (
  SELECT
    0 AS period,
    coalesce(CAST(n.campaign_id AS VARCHAR), CAST(c.campaign_key AS VARCHAR)) AS campaign,
    coalesce(
      CASE
        WHEN lower(
          trim(CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR), '"')) IN (
          '(unattributed)',
          '(other)',
          '(no interaction)',
          '(no campaign)')
        THEN '"' || CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR) || '"'
        ELSE CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR) END,
      '(no campaign)') AS campaign_label,
    CAST(c."amount" * 1000000 AS HUGEINT) AS spend,
    NULL AS budget
  FROM (SELECT campaign_id AS campaign_key, spent_on, amount FROM campaign_spend AS s) AS c
    LEFT JOIN campaign_keys AS named ON named.campaign_key = CAST(c.campaign_key AS VARCHAR)
    LEFT JOIN campaign_names AS n ON n.campaign_id = named.campaign_id
  WHERE true
  UNION ALL
  SELECT
    0 AS period,
    coalesce(CAST(n.campaign_id AS VARCHAR), CAST(c.campaign_key AS VARCHAR)) AS campaign,
    coalesce(
      CASE
        WHEN lower(
          trim(CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR), '"')) IN (
          '(unattributed)',
          '(other)',
          '(no interaction)',
          '(no campaign)')
        THEN '"' || CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR) || '"'
        ELSE CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR) END,
      '(no campaign)') AS campaign_label,
    NULL AS spend,
    CAST(n."budget" * 1000000 AS HUGEINT) AS budget
  FROM (SELECT campaign_id AS campaign_key FROM campaign_names) AS c
    LEFT JOIN campaign_keys AS named ON named.campaign_key = CAST(c.campaign_key AS VARCHAR)
    LEFT JOIN campaign_names AS n ON n.campaign_id = named.campaign_id
  WHERE true
),
-- one row for each period and dimensions of campaigns and time: spend and budget in millionths
spent AS NOT MATERIALIZED (
  SELECT period, campaign_label, CAST(sum(spend) AS HUGEINT) AS spend, CAST(sum(budget) AS HUGEINT) AS budget
  FROM spend_rows
  GROUP BY period, campaign_label
),
-- one row for each period and campaign with spend
spenders AS NOT MATERIALIZED (
  SELECT period, campaign
  FROM spend_rows
  GROUP BY period, campaign
  HAVING sum(spend) <> 0
),
-- one row for each cell of the cube, under the texts that rows show
labelled AS MATERIALIZED (
  SELECT
    c.cell,
    c.period,
    CASE
      WHEN c.cell = 'unattributed'
      THEN '(unattributed)'
      ELSE coalesce(
        CASE
          WHEN lower(
            trim(CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR), '"')) IN (
            '(unattributed)',
            '(other)',
            '(no interaction)',
            '(no campaign)')
          THEN '"' || CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR) || '"'
          ELSE CAST(coalesce(n.name, CAST(c.campaign_key AS VARCHAR)) AS VARCHAR) END,
        '(no campaign)') END AS campaign_label,
    (c.shown) AS shown,
    c.cell <> 'unattributed' AND sp.period IS NOT NULL AS of_spender,
    c.positions_held,
    c.pattern,
    c.length,
    c.interactions,
    c.amount
  FROM cube AS c
    LEFT JOIN campaign_keys AS named ON named.campaign_key = CAST(c.campaign_key AS VARCHAR)
    LEFT JOIN campaign_names AS n ON n.campaign_id = named.campaign_id
    LEFT JOIN spenders AS sp ON sp.period = c.period AND sp.campaign IS NOT DISTINCT
      FROM coalesce(CAST(n.campaign_id AS VARCHAR), CAST(c.campaign_key AS VARCHAR))
  WHERE c.cell <> 'excluded'
),
-- one row for each cell and model: what its interactions weigh, and how many share the rest
weighed AS NOT MATERIALIZED (
  SELECT c.*, m.model_number, m.rest_weight, m.kernel,
    CASE WHEN c.positions_held & 1 <> 0 THEN m.first_weight ELSE 0 END AS own_weight,
    CASE
      WHEN (
        (
          (c.pattern // 1) % 16) | (
          (c.pattern // 16) % 16) | (
          (c.pattern // 256) % 16) | (
          (c.pattern // 4096) % 16)) & 1 <> 0
      THEN m.first_weight
      ELSE 0 END AS positions_weight,
    c.length - CASE WHEN ((c.pattern // 1) % 16) & m.mask <> 0 THEN 1 ELSE 0 END AS rest_count
  FROM labelled AS c CROSS JOIN models AS m
),
-- one row for each cell and model, with the weight of the whole journey
totalled AS NOT MATERIALIZED (
  SELECT *,
    CAST(positions_weight + CASE WHEN rest_count > 0 THEN rest_weight ELSE 0 END AS HUGEINT) AS journey_weight
  FROM weighed
),
-- one row for each period, dimensions, model and shown: credits in 10^-12 parts
credit AS NOT MATERIALIZED (
  SELECT period, campaign_label, shown, of_spender, model_number,
    CAST(
      sum(
        CASE
          WHEN cell = 'unattributed'
          THEN CAST(interactions AS HUGEINT) * 1000000000000
          WHEN journey_weight = 0
          THEN 0
          WHEN own_weight > 0
          THEN CAST(interactions AS HUGEINT) * 1000000000000 * own_weight // journey_weight
          WHEN rest_weight = 0
          OR rest_count = 0
          THEN 0
          ELSE CAST(
            interactions AS HUGEINT) * 1000000000000 * rest_weight // (
            journey_weight * rest_count) END) AS HUGEINT) AS counted,
    CAST(
      sum(
        CASE
          WHEN cell = 'unattributed'
          THEN CAST(amount AS HUGEINT) * 1000000
          WHEN journey_weight = 0
          THEN 0
          WHEN own_weight > 0
          THEN CAST(amount AS HUGEINT) * 1000000 * own_weight // journey_weight
          WHEN rest_weight = 0
          OR rest_count = 0
          THEN 0
          ELSE CAST(
            amount AS HUGEINT) * 1000000 * rest_weight // (
            journey_weight * rest_count) END) AS HUGEINT) AS valued,
    CAST(sum(CASE WHEN cell = 'credit' AND journey_weight > 0 AND (own_weight > 0 OR rest_weight > 0)
      THEN interactions ELSE 0 END) AS BIGINT) AS interactions
  FROM (SELECT * FROM totalled) AS w
  GROUP BY period, campaign_label, shown, of_spender, model_number
),
-- one row for each period and dimensions of the conversion: its conversions and their value in millionths
totals AS MATERIALIZED (
  SELECT period,
    CAST(sum(conversions) AS HUGEINT) AS conversions, CAST(sum(amount) AS HUGEINT) AS amount
  FROM (
    SELECT period,
      CAST(sum(interactions) // greatest(length, 1) AS HUGEINT) AS conversions,
      CAST(sum(amount) // greatest(length, 1) AS HUGEINT) AS amount
    FROM labelled GROUP BY period, length
  ) AS s
  GROUP BY period
),
-- one row for each credit, cut to whole millionths: what was cut off, and what its group is short of
floors AS NOT MATERIALIZED (
  SELECT c.*,
    ((c.counted - (((c.counted % 1000000) + 1000000) % 1000000)) // 1000000) AS counted_floor,
    (((c.counted % 1000000) + 1000000) % 1000000) AS counted_rest,
    CAST(t.conversions * 1000000 AS HUGEINT)
      - sum(
        (
          (
            c.counted - (
              ((c.counted % 1000000) + 1000000) % 1000000)) // 1000000)) OVER credit_group AS counted_short,
    ((c.valued - (((c.valued % 1000000) + 1000000) % 1000000)) // 1000000) AS valued_floor,
    (((c.valued % 1000000) + 1000000) % 1000000) AS valued_rest,
    t.amount - sum(
      (
        (
          c.valued - (
            ((c.valued % 1000000) + 1000000) % 1000000)) // 1000000)) OVER credit_group AS valued_short
  FROM credit AS c
    JOIN totals AS t ON t.period IS NOT DISTINCT FROM c.period
  WINDOW credit_group AS (PARTITION BY c.period, c.model_number)
),
-- one row for each credit, ranked by what was cut off, and how many credits of its group are not 0
remainders AS NOT MATERIALIZED (
  SELECT *,
    row_number() OVER (PARTITION BY period, model_number
      ORDER BY counted <> 0 DESC, counted_rest DESC, campaign_label, shown, of_spender) AS counted_rank,
    greatest(count(nullif(counted, 0)) OVER (PARTITION BY period, model_number), 1) AS counted_rows,
    row_number() OVER (PARTITION BY period, model_number
      ORDER BY valued <> 0 DESC, valued_rest DESC, campaign_label, shown, of_spender) AS valued_rank,
    greatest(count(nullif(valued, 0)) OVER (PARTITION BY period, model_number), 1) AS valued_rows
  FROM floors
),
-- one row for each period, dimensions, model and shown: credits in whole millionths that sum exactly
apportioned AS NOT MATERIALIZED (
  SELECT period, campaign_label, shown, of_spender, model_number, interactions,
    CASE
      WHEN counted = 0
      THEN 0
      ELSE counted_floor + (
        (counted_short - (((counted_short % counted_rows) + counted_rows) % counted_rows)) // counted_rows)
      + CASE
        WHEN counted_rank <= (((counted_short % counted_rows) + counted_rows) % counted_rows)
        THEN 1
        ELSE 0 END END AS counted,
    CASE
      WHEN valued = 0
      THEN 0
      ELSE valued_floor + (
        (valued_short - (((valued_short % valued_rows) + valued_rows) % valued_rows)) // valued_rows)
      + CASE
        WHEN valued_rank <= (((valued_short % valued_rows) + valued_rows) % valued_rows)
        THEN 1
        ELSE 0 END END AS valued
  FROM remainders
),
-- one row for each period, dimensions and model: what the measures are made of, in millionths
lines AS MATERIALIZED (
  SELECT
    b.period,
    b.campaign_label,
    m.model_number,
    coalesce(a.counted, 0) AS counted,
    coalesce(a.valued, 0) AS valued,
    coalesce(a.interactions, 0) AS interactions,
    coalesce(a.counted_of_spenders, 0) AS counted_of_spenders,
    coalesce(a.valued_of_spenders, 0) AS valued_of_spenders,
    coalesce(t.conversions, 0) AS conversions_touched,
    coalesce(t.amount, 0) AS amount_touched,
    s.spend,
    s.budget
  FROM (
    SELECT DISTINCT period, campaign_label FROM apportioned
      WHERE shown AND (interactions > 0 OR counted <> 0 OR valued <> 0)
    UNION
    SELECT period, campaign_label FROM spent
  ) AS b CROSS JOIN models AS m
    LEFT JOIN (
      SELECT period, campaign_label, model_number, true AS shown, sum(interactions) AS interactions,
        CAST(sum(counted) AS HUGEINT) AS counted,
        CAST(sum(valued) AS HUGEINT) AS valued,
        CAST(sum(counted) FILTER (of_spender) AS HUGEINT) AS counted_of_spenders,
        CAST(sum(valued) FILTER (of_spender) AS HUGEINT) AS valued_of_spenders
      FROM apportioned
      WHERE shown
      GROUP BY period, campaign_label, model_number
    ) AS a ON a.shown
      AND a.model_number = m.model_number
      AND a.period = b.period
      AND a.campaign_label = b.campaign_label
    LEFT JOIN touched AS t ON t.model_number = m.model_number
      AND t.period = b.period
      AND t.campaign_label = b.campaign_label
    LEFT JOIN spent AS s ON s.period = b.period AND s.campaign_label = b.campaign_label
),
-- one row for each dimensions and model: the measures, in millionths
figures AS NOT MATERIALIZED (
  SELECT
    campaign_label,
    model_number,
    coalesce(sum(valued), 0) AS "revenue",
    sum(spend) AS "spend",
    (
      CAST(
        (coalesce(sum(valued_of_spenders), 0) - sum(spend)) AS HUGEINT) * 2000000 + sign(
        (coalesce(sum(valued_of_spenders), 0) - sum(spend))) * abs(
        nullif(CAST(sum(spend) AS HUGEINT), 0))) // (

      2 * nullif(CAST(sum(spend) AS HUGEINT), 0)) AS "roi",
    CASE WHEN count(*) <= 1 THEN max(conversions_touched) END AS "conversions_touched"
  FROM lines
  GROUP BY campaign_label, model_number
),
-- one row for each combination of dimensions: its place in the report, and if it comes after all others
places AS NOT MATERIALIZED (
  SELECT campaign_label, row_number() OVER (
    ORDER BY campaign_label = '(unattributed)', "roi" DESC NULLS LAST, campaign_label) AS row_place,
    campaign_label = '(unattributed)' AS comes_last
  FROM figures
  WHERE model_number = 0
),
-- one row for each of the lines, with the place of its row
limited AS NOT MATERIALIZED (
  SELECT l.*,
    p.row_place AS row_place
  FROM lines AS l
    JOIN places AS p ON p.campaign_label = l.campaign_label
),
-- one row for each place and model, and one without place for each model's total
report AS NOT MATERIALIZED (
  SELECT
    row_place,
    campaign_label,
    model_number,
    coalesce(sum(valued), 0) AS "revenue",
    sum(spend) AS "spend",
    (
      CAST(
        (coalesce(sum(valued_of_spenders), 0) - sum(spend)) AS HUGEINT) * 2000000 + sign(
        (coalesce(sum(valued_of_spenders), 0) - sum(spend))) * abs(
        nullif(CAST(sum(spend) AS HUGEINT), 0))) // (

      2 * nullif(CAST(sum(spend) AS HUGEINT), 0)) AS "roi",
    CASE WHEN count(*) <= 1 THEN max(conversions_touched) END AS "conversions_touched"
  FROM limited
  GROUP BY row_place, campaign_label, model_number
  UNION ALL
  SELECT NULL AS row_place, NULL AS campaign_label, *
  FROM (
    SELECT
      model_number,
      coalesce(sum(valued), 0) AS "revenue",
      sum(spend) AS "spend",
      (
        CAST(
          (coalesce(sum(valued_of_spenders), 0) - sum(spend)) AS HUGEINT) * 2000000 + sign(
          (coalesce(sum(valued_of_spenders), 0) - sum(spend))) * abs(
          nullif(CAST(sum(spend) AS HUGEINT), 0))) // (

        2 * nullif(CAST(sum(spend) AS HUGEINT), 0)) AS "roi",
      CASE WHEN count(*) <= 1 THEN max(conversions_touched) END AS "conversions_touched"
    FROM lines
    GROUP BY model_number
  ) AS t
)
SELECT
  r.row_place,
  r.campaign_label AS "campaign",
  m.model,
  CAST(r."revenue" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "revenue",
  CAST(r."spend" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "spend",
  CAST(r."roi" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "roi",
  CAST(r."conversions_touched" AS BIGINT) AS "conversions_touched"
FROM report AS r
  JOIN models AS m ON m.model_number = r.model_number
ORDER BY r.row_place NULLS LAST, r.model_number;
