WITH
-- touchpoints: one row for each row of the source, in its order
touchpoints AS NOT MATERIALIZED (
  SELECT row_number() OVER () - 1 AS source_row, *
  FROM (
    SELECT CASE
      WHEN "contact_id" LIKE ' %' OR "contact_id" LIKE '% ' THEN nullif(trim("contact_id"), '')
      ELSE "contact_id" END AS "contact_id",
      coalesce(
        coalesce(
          CASE
            WHEN strlen("occurred_at") = 19
              AND "occurred_at" LIKE '____-%'
              AND "occurred_at" >= '1900'
              AND "occurred_at" < '2201'
              THEN timezone(
                'UTC',
                timezone(
                  'Europe/Berlin',
                  try_strptime("occurred_at", ['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S']))) END,
          CASE
            WHEN regexp_full_match(
              "occurred_at",
              '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)(?:[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)?')
              THEN timezone('UTC', timezone('Europe/Berlin', TRY_CAST("occurred_at" AS TIMESTAMP)))
            WHEN regexp_full_match(
              "occurred_at",
              '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)? ?(?:Z|UTC|GMT)')
              THEN TRY_CAST("occurred_at" AS TIMESTAMP) END),
        CASE
          WHEN trim("occurred_at") <> ''
            THEN error('attrib: a value does not fit the first rows') END) AS "occurred_at",
      CASE
        WHEN "touchpoint_id" LIKE ' %' OR "touchpoint_id" LIKE '% ' THEN nullif(trim("touchpoint_id"), '')
        ELSE "touchpoint_id" END AS "touchpoint_id",
      CASE
        WHEN "campaign_id" LIKE ' %' OR "campaign_id" LIKE '% ' THEN nullif(trim("campaign_id"), '')
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
-- contacts: one row for each row of the source, in its order
contacts AS NOT MATERIALIZED (
  SELECT row_number() OVER () - 1 AS source_row, *
  FROM (
    SELECT CASE
      WHEN "contact_id" LIKE ' %' OR "contact_id" LIKE '% ' THEN nullif(trim("contact_id"), '')
      ELSE "contact_id" END AS "contact_id",
      coalesce(
        coalesce(
          CASE
            WHEN strlen("created_at") = 19
              AND "created_at" LIKE '____-%'
              AND "created_at" >= '1900'
              AND "created_at" < '2201'
              THEN timezone(
                'UTC',
                timezone(
                  'Europe/Berlin',
                  try_strptime("created_at", ['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S']))) END,
          CASE
            WHEN regexp_full_match(
              "created_at",
              '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)(?:[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)?')
              THEN timezone('UTC', timezone('Europe/Berlin', TRY_CAST("created_at" AS TIMESTAMP)))
            WHEN regexp_full_match(
              "created_at",
              '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)? ?(?:Z|UTC|GMT)')
              THEN TRY_CAST("created_at" AS TIMESTAMP) END),
        CASE
          WHEN trim("created_at") <> ''
            THEN error('attrib: a value does not fit the first rows') END) AS "created_at"
    FROM read_csv(
      ['examples/data/contacts.csv'],
      auto_detect = false,
      columns = {
        'contact_id': 'VARCHAR',
        'created_at': 'VARCHAR',
        'lifecycle_stage': 'VARCHAR',
        'buying_role': 'VARCHAR',
        'company': 'VARCHAR',
        'industry': 'VARCHAR',
        'country': 'VARCHAR'},
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
      WHEN "campaign_id" LIKE ' %' OR "campaign_id" LIKE '% ' THEN nullif(trim("campaign_id"), '')
      ELSE "campaign_id" END AS "campaign_id",
      "name" AS "name",
      coalesce(
        CASE WHEN regexp_full_match("budget", '[+-]?\d+') THEN TRY_CAST("budget" AS DECIMAL(38,6)) END,
        CASE
          WHEN trim("budget") <> '' THEN error('attrib: a value does not fit the first rows') END) AS "budget"
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
-- one row for each conversion in the date range: when it converted, and its value
conversions AS MATERIALIZED (
  SELECT
    c.contact_id AS conversion,
    c.created_at AS converted_at,
    CAST(0 AS DECIMAL(38, 6)) AS amount,
    0 AS period,
    strftime(timezone('Europe/Berlin', timezone('UTC', c.created_at)), '%Y-%m') AS month_value
  FROM contacts AS c
  WHERE c.created_at IS NOT NULL
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
    JOIN conversions AS m ON m.conversion = t.contact_id
  WHERE t.occurred_at <= m.converted_at
),
-- one row for each interaction that may earn credit, and conversion it leads to; place orders those of a journey
eligible AS MATERIALIZED (
  SELECT i.*,
    row_number() OVER (PARTITION BY i.conversion
      ORDER BY i.age DESC,
        i.touchpoint_id IS NULL,
        TRY_CAST(i.touchpoint_id AS HUGEINT) IS NULL,
        coalesce(TRY_CAST(i.touchpoint_id AS HUGEINT), 0),
        coalesce(i.touchpoint_id, ''),
        i.source_row) AS place
  FROM interactions AS i
  WHERE NOT i.excluded
),
-- one row for each conversion with interactions: the length of its journey, and where in it the key positions are
journey_totals AS MATERIALIZED (
  SELECT
    conversion,
    CAST(count(*) AS INTEGER) AS length,
    min(place) AS first_place,
    max(place) AS lead_place
  FROM eligible
  GROUP BY conversion
),
-- one row for each conversion with interactions: its journey's length and value, and which key positions fall together
journeys AS MATERIALIZED (
  SELECT
    w.conversion,
    w.length,
    c.amount,
    c.period,
    w.first_place,
    w.lead_place,
    c.month_value,
    w.lead_place IS NOT NULL AS has_lead,
    coalesce(w.lead_place = w.first_place, false) AS lead_is_first
  FROM journey_totals AS w
    JOIN conversions AS c ON c.conversion = w.conversion
),
-- one row for each eligible interaction and conversion, beside its journey: the key positions it holds
placed AS NOT MATERIALIZED (
  SELECT
    e.conversion,
    j.length,
    j.amount,
    j.period,
    coalesce(e.place = j.first_place, false) AS is_first,
    coalesce(e.place = j.lead_place, false) AS is_lead,
    j.has_lead,
    j.lead_is_first,
    j.month_value,
    e.campaign_key
  FROM eligible AS e
    JOIN journeys AS j ON j.conversion = e.conversion
),
-- one row for each kind of cell, dimensions, key positions and length of the journey: the credit cube
cube AS MATERIALIZED (
  SELECT
    'credit' AS cell,
    p.period,
    p.month_value,
    p.campaign_key,
    true AS shown,
    p.is_first,
    p.is_lead,
    p.has_lead,
    p.lead_is_first,
    p.length,
    count(*) AS interactions,
    CAST(0 AS HUGEINT) AS amount
  FROM placed AS p
  GROUP BY p.period,
    p.month_value,
    p.campaign_key,
    p.is_first,
    p.is_lead,
    p.has_lead,
    p.lead_is_first,
    p.length
  UNION ALL
  SELECT
    'unattributed' AS cell,
    c.period,
    c.month_value,
    NULL AS campaign_key,
    true AS shown,
    false AS is_first,
    false AS is_lead,
    false AS has_lead,
    false AS lead_is_first,
    0 AS length,
    count(*) AS interactions,
    CAST(sum(c.amount) * 1000000 AS HUGEINT) AS amount
  FROM conversions AS c
  WHERE NOT EXISTS (SELECT 1 FROM journey_totals AS w WHERE w.conversion = c.conversion)
  GROUP BY c.period, c.month_value
  UNION ALL
  SELECT
    'excluded' AS cell,
    0 AS period,
    NULL AS month_value,
    NULL AS campaign_key,
    true AS shown,
    false AS is_first,
    false AS is_lead,
    false AS has_lead,
    false AS lead_is_first,
    0 AS length,
    count(*) AS interactions,
    0 AS amount
  FROM interactions
  WHERE excluded
),
-- one row for each campaign; a name that several share is told apart by the id
campaigns_told_apart AS NOT MATERIALIZED (
  SELECT * REPLACE (CASE WHEN count(*) OVER (PARTITION BY name) > 1
      THEN name || ' (' || campaign_id || ')' ELSE name END AS name)
  FROM campaigns AS s
),
-- one row for each campaign; what now is another's name is told apart as well
campaign_names AS NOT MATERIALIZED (
  SELECT * REPLACE (CASE WHEN count(*) OVER (PARTITION BY name) > 1
      THEN name || ' (' || campaign_id || ')' ELSE name END AS name)
  FROM campaigns_told_apart AS s
),
-- one row for each text that stands for a campaign: its id, or a name that is nobody else's
campaign_keys AS NOT MATERIALIZED (
  SELECT
    CASE WHEN by_name THEN name ELSE CAST(campaign_id AS VARCHAR) END AS campaign_key,
    campaign_id,
    name AS own_name,
    by_name
  FROM (
    SELECT campaign_id, name, count(*) OVER (PARTITION BY name) AS namesakes
    FROM campaigns AS s
  ) AS c
    CROSS JOIN (VALUES (false), (true)) AS v(by_name)
  WHERE NOT by_name OR (name IS NOT NULL AND namesakes = 1)
  QUALIFY row_number() OVER (PARTITION BY CASE WHEN by_name THEN name ELSE CAST(campaign_id AS VARCHAR) END
    ORDER BY by_name) = 1
),
-- one row for each model asked for: what it weighs, and how the rest is spread (kernel)
models AS NOT MATERIALIZED (
  SELECT *
  FROM (VALUES
    (0, 'u-shaped', 2, 2, 0, 0, 1, 'equal')
  ) AS v(model_number, model, first_weight, lead_weight, deal_weight, last_weight, rest_weight, kernel)
),
-- one row for each cell of the cube, under the texts that rows show
labelled AS MATERIALIZED (
  SELECT
    c.cell,
    c.period,
    c.month_value AS month_label,
    CASE
      WHEN c.cell = 'unattributed' THEN '(unattributed)'
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
    c.is_first,
    c.is_lead,
    c.has_lead,
    c.lead_is_first,
    c.length,
    c.interactions,
    c.amount
  FROM cube AS c
    LEFT JOIN campaign_keys AS named ON named.campaign_key = CAST(c.campaign_key AS VARCHAR)
    LEFT JOIN campaign_names AS n ON n.campaign_id = named.campaign_id
  WHERE c.cell <> 'excluded'
),
-- one row for each cell and model: the weight of an interaction's own positions, of all of the journey's, and how many share the rest
weights AS NOT MATERIALIZED (
  SELECT
    c.*,
    m.model_number,
    m.rest_weight,
    m.kernel,
    CASE WHEN c.is_first THEN m.first_weight ELSE 0 END
      + CASE WHEN c.is_lead THEN m.lead_weight ELSE 0 END AS own_weight,
    m.first_weight
      + CASE WHEN c.has_lead THEN m.lead_weight ELSE 0 END AS positions_weight,
    c.length
      - CASE WHEN m.first_weight > 0 THEN 1 ELSE 0 END
      - CASE
        WHEN c.has_lead AND m.lead_weight > 0 AND NOT (c.lead_is_first AND m.first_weight > 0) THEN 1
        ELSE 0 END AS rest_count
  FROM labelled AS c
    CROSS JOIN models AS m
),
-- one row for each cell and model, with the weight of the whole journey
weighed AS NOT MATERIALIZED (
  SELECT
    *,
    CAST(positions_weight + CASE WHEN rest_count > 0 THEN rest_weight ELSE 0 END AS HUGEINT) AS journey_weight
  FROM weights
),
-- one row for each cell and model: what its interactions earn, as a fraction of these values
fractions AS NOT MATERIALIZED (
  SELECT
    *,
    CAST(interactions AS HUGEINT) * 1000000000000 AS conversions_value,
    CAST(amount AS HUGEINT) * 1000000 AS amount_value,
    CASE WHEN cell <> 'credit' THEN 1
      WHEN journey_weight = 0 THEN 0
      WHEN own_weight > 0 THEN own_weight
      WHEN rest_count = 0 THEN 0
      ELSE rest_weight END AS weight,
    CASE WHEN cell <> 'credit' OR journey_weight = 0 THEN 1
      WHEN own_weight > 0 OR kernel <> 'equal' THEN journey_weight
      ELSE journey_weight * greatest(rest_count, 1) END AS whole
  FROM weighed
),
-- one row for each period, dimensions, model and shown: credits in 10^-12 parts
credit AS NOT MATERIALIZED (
  SELECT
    period, month_label, campaign_label, shown, model_number,
    CAST(sum(conversions_value * weight // whole) AS HUGEINT) AS credited_conversions,
    CAST(sum(amount_value * weight // whole) AS HUGEINT) AS credited_amount,
    CAST(sum(CASE WHEN cell = 'credit' AND weight > 0 THEN interactions ELSE 0 END) AS BIGINT) AS interactions
  FROM fractions
  GROUP BY period, month_label, campaign_label, shown, model_number
),
-- one row for each period, dimensions of the conversion and length of journeys: each journey once
totals_by_length AS NOT MATERIALIZED (
  SELECT
    period, month_label,
    CAST(sum(interactions) // greatest(length, 1) AS HUGEINT) AS conversions,
    CAST(sum(amount) // greatest(length, 1) AS HUGEINT) AS amount
  FROM labelled
  GROUP BY period, month_label, length
),
-- one row for each period and dimensions of the conversion: its conversions and their value in millionths
totals AS MATERIALIZED (
  SELECT
    period, month_label,
    CAST(sum(conversions) AS HUGEINT) AS conversions,
    CAST(sum(amount) AS HUGEINT) AS amount
  FROM totals_by_length
  GROUP BY period, month_label
),
-- one row for each credit, cut to whole millionths: what was cut off, and what its group is short of
floors AS NOT MATERIALIZED (
  SELECT
    c.*,
    (((c.credited_conversions % 1000000) + 1000000) % 1000000) AS conversions_rest,
    (c.credited_conversions - conversions_rest) // 1000000 AS conversions_floor,
    CAST(t.conversions * 1000000 AS HUGEINT) - sum(conversions_floor) OVER credit_group AS conversions_short,
    (((c.credited_amount % 1000000) + 1000000) % 1000000) AS amount_rest,
    (c.credited_amount - amount_rest) // 1000000 AS amount_floor,
    t.amount - sum(amount_floor) OVER credit_group AS amount_short
  FROM credit AS c
    JOIN totals AS t ON t.period IS NOT DISTINCT
      FROM c.period AND t.month_label IS NOT DISTINCT
      FROM c.month_label
  WINDOW credit_group AS (PARTITION BY c.period, c.month_label, c.model_number)
),
-- one row for each credit, ranked by what was cut off, and how many credits of its group are not 0
remainders AS NOT MATERIALIZED (
  SELECT
    *,
    row_number() OVER (PARTITION BY period, month_label, model_number
      ORDER BY credited_conversions <> 0 DESC,
        conversions_rest DESC,
        month_label,
        campaign_label,
        shown) AS conversions_rank,
    greatest(
      count(nullif(credited_conversions, 0)) OVER (PARTITION BY period, month_label, model_number),
      1) AS conversions_rows,
    row_number() OVER (PARTITION BY period, month_label, model_number
      ORDER BY credited_amount <> 0 DESC,
        amount_rest DESC,
        month_label,
        campaign_label,
        shown) AS amount_rank,
    greatest(
      count(nullif(credited_amount, 0)) OVER (PARTITION BY period, month_label, model_number),
      1) AS amount_rows
  FROM floors
),
-- one row for each credit: how many of its group get a millionth more than an equal part of what is short
leftovers AS NOT MATERIALIZED (
  SELECT
    *,
    (((conversions_short % conversions_rows) + conversions_rows) % conversions_rows) AS conversions_left,
    (((amount_short % amount_rows) + amount_rows) % amount_rows) AS amount_left
  FROM remainders
),
-- one row for each period, dimensions, model and shown: credits in whole millionths that sum exactly
apportioned AS MATERIALIZED (
  SELECT
    period,
    month_label,
    campaign_label,
    shown,
    model_number,
    interactions,
    CASE WHEN credited_conversions = 0 THEN 0
      ELSE conversions_floor + (conversions_short - conversions_left) // conversions_rows
        + CASE WHEN conversions_rank <= conversions_left THEN 1 ELSE 0 END END AS credited_conversions,
    CASE WHEN credited_amount = 0 THEN 0
      ELSE amount_floor + (amount_short - amount_left) // amount_rows
        + CASE WHEN amount_rank <= amount_left THEN 1 ELSE 0 END END AS credited_amount
  FROM leftovers
),
-- one row for each period and dimensions that the report has a row for
combinations AS NOT MATERIALIZED (
  SELECT DISTINCT period, month_label, campaign_label
  FROM (
    SELECT period, month_label, campaign_label
    FROM apportioned
    WHERE shown AND (interactions > 0 OR credited_conversions <> 0 OR credited_amount <> 0)
  ) AS u
),
-- one row for each period, dimensions and model: what the measures are made of, in millionths
lines AS MATERIALIZED (
  SELECT
    b.period,
    b.month_label,
    b.campaign_label,
    m.model_number,
    coalesce(a.credited_conversions, 0) AS credited_conversions,
    coalesce(a.credited_amount, 0) AS credited_amount,
    coalesce(a.interactions, 0) AS interactions
  FROM combinations AS b
    CROSS JOIN models AS m
    LEFT JOIN apportioned AS a ON a.shown
      AND a.model_number = m.model_number
      AND a.period = b.period
      AND a.month_label = b.month_label
      AND a.campaign_label = b.campaign_label
),
-- one row for every conversion of each period together: what shares are of, in millionths
wholes AS NOT MATERIALIZED (
  SELECT
    sum(conversions * 1000000) FILTER (WHERE period = 0) AS whole
  FROM totals
),
-- one row for each dimensions and model: what the figures are made of, in millionths
sums AS NOT MATERIALIZED (
  SELECT
    month_label,
    campaign_label,
    model_number,
    coalesce(sum(credited_conversions), 0) AS credited_conversions,
    coalesce(sum(credited_amount), 0) AS credited_amount,
    coalesce(sum(interactions), 0) AS interactions
  FROM lines
  GROUP BY month_label, campaign_label, model_number
),
-- one row for each dimensions and model: the measures, in millionths
figures AS NOT MATERIALIZED (
  SELECT
    month_label,
    campaign_label,
    model_number,
    credited_conversions AS "contacts",
    interactions AS "interactions",
    (
      CAST(
        credited_conversions AS HUGEINT) * 2000000 + sign(
        credited_conversions) * abs(
        nullif(CAST(whole AS HUGEINT), 0))) // (
      2 * nullif(CAST(whole AS HUGEINT), 0)) AS "share"
  FROM sums
    CROSS JOIN wholes
),
-- one row for each combination of dimensions: its place in the report, and if it comes last
places AS NOT MATERIALIZED (
  SELECT
    month_label,
    campaign_label,
    row_number() OVER (
      ORDER BY false,
        month_label IN ('(unattributed)', '(other)', '(no interaction)', '(no month)'),
        month_label ASC,
        "contacts" DESC NULLS LAST,
        month_label,
        campaign_label) AS row_place,
    false AS comes_last
  FROM figures
  WHERE model_number = 0
),
-- one row for each of the lines, with the place of its row; those past the limit have one name
limited AS NOT MATERIALIZED (
  SELECT
    l.* REPLACE (
      CASE WHEN p.row_place > 5 AND NOT p.comes_last THEN '(other)' ELSE l.month_label END AS month_label,
      CASE
        WHEN p.row_place > 5 AND NOT p.comes_last THEN '(other)'
        ELSE l.campaign_label END AS campaign_label),
    CASE
      WHEN p.row_place > 5 AND NOT p.comes_last THEN 6
      WHEN p.comes_last THEN p.row_place + 1
      ELSE p.row_place END AS row_place
  FROM lines AS l
    JOIN places AS p ON p.month_label = l.month_label AND p.campaign_label = l.campaign_label
),
-- one row for each place and model: what the figures are made of, in millionths
row_sums AS NOT MATERIALIZED (
  SELECT
    row_place,
    month_label,
    campaign_label,
    model_number,
    coalesce(sum(credited_conversions), 0) AS credited_conversions,
    coalesce(sum(credited_amount), 0) AS credited_amount,
    coalesce(sum(interactions), 0) AS interactions
  FROM limited
  GROUP BY row_place, month_label, campaign_label, model_number
),
-- one row for each model: what its totals are made of, in millionths
total_sums AS NOT MATERIALIZED (
  SELECT
    model_number,
    coalesce(sum(credited_conversions), 0) AS credited_conversions,
    coalesce(sum(credited_amount), 0) AS credited_amount,
    coalesce(sum(interactions), 0) AS interactions
  FROM lines
  GROUP BY model_number
),
-- one row for each place and model, and one without place for each model's total
report AS NOT MATERIALIZED (
  SELECT
    row_place,
    month_label,
    campaign_label,
    model_number,
    credited_conversions AS "contacts",
    interactions AS "interactions",
    (
      CAST(
        credited_conversions AS HUGEINT) * 2000000 + sign(
        credited_conversions) * abs(
        nullif(CAST(whole AS HUGEINT), 0))) // (
      2 * nullif(CAST(whole AS HUGEINT), 0)) AS "share"
  FROM row_sums
    CROSS JOIN wholes
  UNION ALL
  SELECT
    NULL AS row_place,
    NULL AS month_label,
    NULL AS campaign_label,
    model_number,
    credited_conversions AS "contacts",
    interactions AS "interactions",
    (
      CAST(
        credited_conversions AS HUGEINT) * 2000000 + sign(
        credited_conversions) * abs(
        nullif(CAST(whole AS HUGEINT), 0))) // (
      2 * nullif(CAST(whole AS HUGEINT), 0)) AS "share"
  FROM total_sums
    CROSS JOIN wholes
)
SELECT
  r.row_place,
  r.month_label AS "month",
  r.campaign_label AS "campaign",
  m.model,
  CAST(r."contacts" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "contacts",
  CAST(r."interactions" AS BIGINT) AS "interactions",
  CAST(r."share" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "share"
FROM report AS r
  JOIN models AS m ON m.model_number = r.model_number
ORDER BY r.row_place NULLS LAST, r.model_number;
