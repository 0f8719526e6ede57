-- "estimates" holds what attrib estimated from these journeys: print this again where they change.
-- markov: removal effects of a Markov chain of order 2 over channel, with journeys that did not convert.
-- shapley: Shapley values over channel, a set of which is worth conversions.
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
      "channel" AS "channel",
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
      WHEN "deal_id" LIKE ' %' OR "deal_id" LIKE '% ' THEN nullif(trim("deal_id"), '')
      ELSE "deal_id" END AS "deal_id",
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
            THEN error('attrib: a value does not fit the first rows') END) AS "created_at",
      coalesce(
        coalesce(
          CASE
            WHEN strlen("closed_at") = 19
              AND "closed_at" LIKE '____-%'
              AND "closed_at" >= '1900'
              AND "closed_at" < '2201'
              THEN timezone(
                'UTC',
                timezone(
                  'Europe/Berlin',
                  try_strptime("closed_at", ['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S']))) END,
          CASE
            WHEN regexp_full_match(
              "closed_at",
              '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)(?:[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)?')
              THEN timezone('UTC', timezone('Europe/Berlin', TRY_CAST("closed_at" AS TIMESTAMP)))
            WHEN regexp_full_match(
              "closed_at",
              '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)? ?(?:Z|UTC|GMT)')
              THEN TRY_CAST("closed_at" AS TIMESTAMP) END),
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
          WHEN lower(trim("is_won")) IN ('true', 't', 'yes', 'y', '1', 'won') THEN TRUE
          WHEN lower(trim("is_won")) IN ('false', 'f', 'no', 'n', '0', 'lost') THEN FALSE END,
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
      WHEN "deal_id" LIKE ' %' OR "deal_id" LIKE '% ' THEN nullif(trim("deal_id"), '')
      ELSE "deal_id" END AS "deal_id",
      CASE
        WHEN "contact_id" LIKE ' %' OR "contact_id" LIKE '% ' THEN nullif(trim("contact_id"), '')
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
-- one row for each contact of a deal
contacts_of_deals AS NOT MATERIALIZED (
  SELECT DISTINCT deal_id, contact_id
  FROM (
    SELECT deal_id AS deal_id, CAST(contact_id AS VARCHAR) AS contact_id
    FROM deal_contacts AS s
    WHERE contact_id IS NOT NULL AND deal_id IS NOT NULL
  ) AS s
),
-- one row for each conversion in the date range: when it converted, and its value
conversions AS MATERIALIZED (
  SELECT
    c.deal_id AS conversion,
    c.closed_at AS converted_at,
    coalesce(c.amount, 0) AS amount,
    0 AS period,
    c.created_at AS deal_created_at
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
    c.deal_created_at,
    c.period
  FROM contacts_of_deals AS pair
    JOIN conversions AS c ON c.conversion = pair.deal_id
),
-- one row for each combination of values that makes a state, numbered
state_values AS MATERIALIZED (
  SELECT
    CAST(row_number() OVER (ORDER BY channel_value) AS INTEGER) AS value_number,
    v.*
  FROM (
    SELECT DISTINCT t."channel" AS channel_value
    FROM touchpoints AS t
  ) AS v
),
-- one row for each interaction and conversion it leads to; age is in microseconds before the conversion
interactions AS MATERIALIZED (
  SELECT
    m.conversion,
    epoch_us(m.converted_at) - epoch_us(t.occurred_at) AS age,
    m.period,
    v.value_number,
    t.touchpoint_id,
    t.source_row,
    t."channel" AS channel_value,
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
    JOIN state_values AS v ON v.channel_value IS NOT DISTINCT FROM t."channel"
    JOIN members AS m ON m.contact_id = t.contact_id
  WHERE t.occurred_at <= m.converted_at
),
-- one row for each interaction of a journey that did not convert: of contacts
non_converting_contacts AS MATERIALIZED (
  SELECT
    t.contact_id AS journey,
    t.occurred_at,
    t.touchpoint_id,
    t.source_row,
    v.value_number
  FROM touchpoints AS t
    JOIN state_values AS v ON v.channel_value IS NOT DISTINCT FROM t."channel"
  WHERE t.contact_id IS NOT NULL
    AND t.occurred_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM contacts_of_deals AS q WHERE q.contact_id = t.contact_id)
    AND NOT (
      coalesce(
        replace(
          replace(replace(lower(t.asset_type), '_', ''), '-', ''),
          ' ',
          '') IN (
          'staticlist',
          'workflow',
          'objectlist',
          'automationplatformflow'),
        false))
),
-- one row for each interaction of a journey that did not convert: of deals
non_converting_deals AS MATERIALIZED (
  SELECT
    c.deal_id AS journey,
    t.occurred_at,
    t.touchpoint_id,
    t.source_row,
    v.value_number
  FROM deals AS c
    JOIN contacts_of_deals AS q ON q.deal_id = c.deal_id
    JOIN touchpoints AS t ON q.contact_id = t.contact_id
    JOIN state_values AS v ON v.channel_value IS NOT DISTINCT FROM t."channel"
  WHERE t.contact_id IS NOT NULL
    AND t.occurred_at IS NOT NULL
    AND NOT coalesce(c.is_won, false)
    AND t.occurred_at <= coalesce(c.closed_at, t.occurred_at)
    AND NOT (
      coalesce(
        replace(
          replace(replace(lower(t.asset_type), '_', ''), '-', ''),
          ' ',
          '') IN (
          'staticlist',
          'workflow',
          'objectlist',
          'automationplatformflow'),
        false))
),
-- one row for each interaction of a journey that converts
converting_journeys AS NOT MATERIALIZED (
  SELECT
    i.period,
    i.conversion AS journey,
    i.age,
    i.touchpoint_id,
    i.source_row,
    i.value_number
  FROM interactions AS i
  WHERE NOT i.excluded
),
-- one row for each interaction of a journey that does not convert; age counts from no conversion
journeys_of_contacts AS NOT MATERIALIZED (
  SELECT
    0 AS period,
    i.journey,
    -epoch_us(i.occurred_at) AS age,
    i.touchpoint_id,
    i.source_row,
    i.value_number
  FROM non_converting_contacts AS i
),
-- one row for each interaction of a journey that does not convert; age counts from no conversion
journeys_of_deals AS NOT MATERIALIZED (
  SELECT
    0 AS period,
    i.journey,
    -epoch_us(i.occurred_at) AS age,
    i.touchpoint_id,
    i.source_row,
    i.value_number
  FROM non_converting_deals AS i
),
-- one row for each value that a journey holds: its interactions in all journeys
value_counts AS MATERIALIZED (
  SELECT
    v.channel_value,
    n.interactions
  FROM (
    SELECT value_number, count(*) AS interactions
    FROM (
    SELECT value_number FROM converting_journeys
    UNION ALL
    SELECT value_number FROM journeys_of_contacts
    UNION ALL
    SELECT value_number FROM journeys_of_deals
    ) AS i
    GROUP BY value_number
  ) AS n
    JOIN state_values AS v ON v.value_number = n.value_number
),
-- one row for each value that a journey holds: the texts of its state
state_labels AS NOT MATERIALIZED (
  SELECT
    c.channel_value,
    c.interactions,
    coalesce(
      CASE
        WHEN lower(
          trim(CAST(c.channel_value AS VARCHAR), '"')) IN (
          '(unattributed)',
          '(other)',
          '(no interaction)',
          '(no channel)')
          THEN '"' || CAST(c.channel_value AS VARCHAR) || '"'
        ELSE CAST(c.channel_value AS VARCHAR) END,
      '(no channel)') AS channel_label
  FROM value_counts AS c
),
-- one row for each value that a journey holds: how many interactions have its texts
state_sizes AS NOT MATERIALIZED (
  SELECT
    *,
    sum(interactions) OVER (PARTITION BY channel_label) AS size
  FROM state_labels
),
-- one row for each value: its state, how many interactions have the value, and the texts of the state
known_states AS MATERIALIZED (
  SELECT
    CAST(least(dense_rank() OVER (ORDER BY size DESC, channel_label), 200) AS INTEGER) AS state,
    * EXCLUDE (size)
  FROM state_sizes
),
-- one row for each numbered value: its state, how many interactions have it, and the texts of the state
states AS MATERIALIZED (
  SELECT
    v.value_number,
    k.* EXCLUDE (channel_value)
  FROM state_values AS v
    JOIN known_states AS k ON k.channel_value IS NOT DISTINCT FROM v.channel_value
),
-- one row for each period and state: what it weighs within a journey, what it is credited with in all
estimates AS MATERIALIZED (
  SELECT
    CAST(period AS INTEGER) AS period,
    CAST(state AS INTEGER) AS state,
    CAST(markov_conversions_weight AS BIGINT) AS markov_conversions_weight,
    CAST(markov_amount_weight AS BIGINT) AS markov_amount_weight,
    CAST(markov_conversions_total AS HUGEINT) AS markov_conversions_total,
    CAST(markov_amount_total AS HUGEINT) AS markov_amount_total
  FROM (VALUES
    (0, 1, 785162056582000, 706355356881000, 6130219801107, 168955359225150930),
    (0, 2, 805144377475000, 795063263072000, 6286233477758, 190173682283945791),
    (0, 3, 803311161145000, 814673658180000, 6271920484720, 194864354362443916),
    (0, 4, 608124071331000, 591382027419000, 4747980614132, 141454526972191266),
    (0, 5, 469071112803000, 422845673897000, 3662312766806, 101141786544282602),
    (0, 6, 427223764767000, 406259399030000, 3335586023705, 97174463296767132),
    (0, 7, 423359488685000, 458571516420000, 3305415358227, 109687163171349843),
    (0, 8, 289504547293000, 343573325148000, 2260331473545, 82180384143868520)
  ) AS e(
    period,
    state,
    markov_conversions_weight,
    markov_amount_weight,
    markov_conversions_total,
    markov_amount_total)
),
-- one row for each interaction that may earn credit, and conversion it leads to
eligible AS NOT MATERIALIZED (
  SELECT i.*,
    s.state,
    coalesce(f.markov_conversions_weight, 0) + 1 AS markov_conversions_weight,
    coalesce(f.markov_amount_weight, 0) + 1 AS markov_amount_weight
  FROM interactions AS i
    JOIN states AS s ON s.value_number = i.value_number
    LEFT JOIN estimates AS f ON f.period = i.period AND f.state = s.state
  WHERE NOT i.excluded
),
-- one row for each conversion with interactions: the length of its journey
journey_totals AS MATERIALIZED (
  SELECT
    conversion,
    CAST(count(*) AS INTEGER) AS length,
    CAST(sum(markov_conversions_weight) AS DOUBLE) AS markov_conversions_journey_weight,
    CAST(sum(markov_amount_weight) AS DOUBLE) AS markov_amount_journey_weight,
    count(DISTINCT state) AS distinct_states
  FROM eligible
  GROUP BY conversion
),
-- one row for each conversion with interactions: its journey's length and value
journeys AS MATERIALIZED (
  SELECT
    w.conversion,
    w.length,
    c.amount,
    c.period,
    CAST(c.amount AS DOUBLE) * 1e12 AS amount_parts,
    w.markov_conversions_journey_weight,
    w.markov_amount_journey_weight,
    w.distinct_states
  FROM journey_totals AS w
    JOIN conversions AS c ON c.conversion = w.conversion
),
-- one row for each journey and state: its interactions there
presences AS NOT MATERIALIZED (
  SELECT
    conversion,
    state,
    count(*) AS repeats
  FROM eligible
  GROUP BY conversion, state
),
-- one row for each eligible interaction and conversion, beside its journey
placed AS NOT MATERIALIZED (
  SELECT
    e.conversion,
    j.length,
    j.amount,
    j.period,
    e.channel_value,
    j.amount_parts,
    e.state,
    j.markov_conversions_journey_weight,
    j.markov_amount_journey_weight,
    j.distinct_states,
    e.markov_conversions_weight,
    e.markov_amount_weight,
    q.repeats
  FROM eligible AS e
    JOIN journeys AS j ON j.conversion = e.conversion
    JOIN presences AS q ON (q.conversion, q.state) = (e.conversion, e.state)
),
-- one row for each kind of cell, dimensions, key positions and length of the journey: the credit cube
cube AS MATERIALIZED (
  SELECT
    'credit' AS cell,
    p.period,
    p.channel_value,
    p.state,
    true AS shown,
    p.length,
    count(*) AS interactions,
    CAST(sum(p.amount) * 1000000 AS HUGEINT) AS amount,
    CAST(
      sum(
        CAST(
          (
            p.markov_conversions_weight / p.markov_conversions_journey_weight) * 1e12 AS BIGINT)) AS HUGEINT) AS markov_conversions,
    CAST(
      sum(
        coalesce(
          nullif(
            CAST(p.amount_parts * (p.markov_amount_weight / p.markov_amount_journey_weight) AS HUGEINT),
            0),
          CAST(sign(p.amount_parts) AS HUGEINT))) AS HUGEINT) AS markov_amount,
    CAST(
      sum(CAST((1.0 / (p.distinct_states * p.repeats)) * 1e12 AS BIGINT)) AS HUGEINT) AS shapley_conversions,
    CAST(
      sum(
        CAST(
          p.amount_parts * (1.0 / (p.distinct_states * p.repeats)) AS HUGEINT)) AS HUGEINT) AS shapley_amount
  FROM placed AS p
  GROUP BY p.period, p.channel_value, p.state, p.length
  UNION ALL
  SELECT
    'unattributed' AS cell,
    c.period,
    NULL AS channel_value,
    NULL AS state,
    true AS shown,
    0 AS length,
    count(*) AS interactions,
    CAST(sum(c.amount) * 1000000 AS HUGEINT) AS amount,
    0 AS markov_conversions,
    0 AS markov_amount,
    0 AS shapley_conversions,
    0 AS shapley_amount
  FROM conversions AS c
  WHERE NOT EXISTS (SELECT 1 FROM journey_totals AS w WHERE w.conversion = c.conversion)
  GROUP BY c.period
  UNION ALL
  SELECT
    'excluded' AS cell,
    0 AS period,
    NULL AS channel_value,
    NULL AS state,
    true AS shown,
    0 AS length,
    count(*) AS interactions,
    0 AS amount,
    0 AS markov_conversions,
    0 AS markov_amount,
    0 AS shapley_conversions,
    0 AS shapley_amount
  FROM interactions
  WHERE excluded
),
-- one row for each period and state: what its interactions earned before scaling
state_sums AS NOT MATERIALIZED (
  SELECT
    period,
    state,
    sum(markov_conversions) AS markov_conversions,
    sum(markov_amount) AS markov_amount
  FROM cube
  WHERE cell = 'credit'
  GROUP BY period, state
),
-- one row for each period and value of a state that no converting journey holds: its credit
states_without_conversions AS NOT MATERIALIZED (
  SELECT
    'modelled' AS cell,
    e.period,
    v.channel_value AS channel_value,
    e.state,
    true AS shown,
    0 AS length,
    0 AS interactions,
    0 AS amount,
    CASE
      WHEN coalesce(z.markov_conversions, 0) = 0
        THEN CAST(
          round(CAST(e.markov_conversions_total AS DOUBLE) * v.interactions / n.interactions) AS HUGEINT)
      ELSE 0 END AS markov_conversions,
    CASE
      WHEN coalesce(z.markov_amount, 0) = 0
        THEN CAST(round(CAST(e.markov_amount_total AS DOUBLE) * v.interactions / n.interactions) AS HUGEINT)
      ELSE 0 END AS markov_amount,
    0 AS shapley_conversions,
    0 AS shapley_amount
  FROM estimates AS e
    JOIN known_states AS v ON v.state = e.state
    JOIN (
      SELECT state, sum(interactions) AS interactions
      FROM known_states
      GROUP BY state) AS n ON n.state = e.state
    LEFT JOIN state_sums AS z ON z.period = e.period AND z.state = e.state
  WHERE (coalesce(z.markov_conversions, 0) = 0 AND e.markov_conversions_total <> 0)
    OR (coalesce(z.markov_amount, 0) = 0 AND e.markov_amount_total <> 0)
),
-- one row for each cell of the cube and state: estimates are scaled to the totals of the states
scaled_cells AS NOT MATERIALIZED (
  SELECT c.* REPLACE (
    CASE WHEN coalesce(z.markov_conversions, 0) = 0 THEN c.markov_conversions
      ELSE CAST(
        round(
          CAST(
            c.markov_conversions AS DOUBLE) * (
            CAST(
              e.markov_conversions_total AS DOUBLE) / z.markov_conversions)) AS HUGEINT) END AS markov_conversions,
    CASE WHEN coalesce(z.markov_amount, 0) = 0 THEN c.markov_amount
      ELSE CAST(
        round(
          CAST(
            c.markov_amount AS DOUBLE) * (
            CAST(e.markov_amount_total AS DOUBLE) / z.markov_amount)) AS HUGEINT) END AS markov_amount)
  FROM cube AS c
    LEFT JOIN estimates AS e ON e.period = c.period AND e.state = c.state
    LEFT JOIN state_sums AS z ON z.period = c.period AND z.state = c.state
  UNION ALL BY NAME
  SELECT * FROM states_without_conversions
),
-- one row for each cell by dimensions alone, as rules have it without data-driven models
cells AS NOT MATERIALIZED (
  SELECT
    cell,
    period,
    channel_value,
    shown,
    length,
    CAST(sum(interactions) AS HUGEINT) AS interactions,
    CAST(sum(amount) AS HUGEINT) AS amount,
    CAST(sum(markov_conversions) AS HUGEINT) AS markov_conversions,
    CAST(sum(markov_amount) AS HUGEINT) AS markov_amount,
    CAST(sum(shapley_conversions) AS HUGEINT) AS shapley_conversions,
    CAST(sum(shapley_amount) AS HUGEINT) AS shapley_amount
  FROM scaled_cells
  GROUP BY cell, period, channel_value, shown, length
),
-- one row for each model asked for: what it weighs, and how the rest is spread (kernel)
models AS NOT MATERIALIZED (
  SELECT *
  FROM (VALUES
    (0, 'markov', 0, 0, 0, 0, 1, 'markov'),
    (1, 'shapley', 0, 0, 0, 0, 1, 'shapley')
  ) AS v(model_number, model, first_weight, lead_weight, deal_weight, last_weight, rest_weight, kernel)
),
-- one row for each cell of the cube, under the texts that rows show
labelled AS MATERIALIZED (
  SELECT
    c.cell,
    c.period,
    CASE
      WHEN c.cell = 'unattributed' THEN '(unattributed)'
      ELSE coalesce(
        CASE
          WHEN lower(
            trim(CAST(c.channel_value AS VARCHAR), '"')) IN (
            '(unattributed)',
            '(other)',
            '(no interaction)',
            '(no channel)')
            THEN '"' || CAST(c.channel_value AS VARCHAR) || '"'
          ELSE CAST(c.channel_value AS VARCHAR) END,
        '(no channel)') END AS channel_label,
    (c.shown) AS shown,
    c.length,
    c.interactions,
    c.amount,
    c.markov_conversions,
    c.markov_amount,
    c.shapley_conversions,
    c.shapley_amount
  FROM cells AS c
  WHERE c.cell <> 'excluded'
),
-- one row for each cell and model: the weight of an interaction's own positions, of all of the journey's, and how many share the rest
weights AS NOT MATERIALIZED (
  SELECT
    c.*,
    m.model_number,
    m.rest_weight,
    m.kernel,
    0 AS own_weight,
    0 AS positions_weight,
    c.length AS rest_count
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
    CASE WHEN cell = 'unattributed' OR own_weight > 0 THEN CAST(interactions AS HUGEINT) * 1000000000000
      ELSE CASE kernel
        WHEN 'markov' THEN markov_conversions
        WHEN 'shapley' THEN shapley_conversions
        ELSE CAST(interactions AS HUGEINT) * 1000000000000 END END AS conversions_value,
    CASE WHEN cell = 'unattributed' OR own_weight > 0 THEN CAST(amount AS HUGEINT) * 1000000
      ELSE CASE kernel
        WHEN 'markov' THEN markov_amount
        WHEN 'shapley' THEN shapley_amount
        ELSE CAST(amount AS HUGEINT) * 1000000 END END AS amount_value,
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
    period, channel_label, shown, model_number,
    CAST(sum(conversions_value * weight // whole) AS HUGEINT) AS credited_conversions,
    CAST(sum(amount_value * weight // whole) AS HUGEINT) AS credited_amount,
    CAST(sum(CASE WHEN cell = 'credit' AND weight > 0 THEN interactions ELSE 0 END) AS BIGINT) AS interactions
  FROM fractions
  GROUP BY period, channel_label, shown, model_number
),
-- one row for each period, dimensions of the conversion and length of journeys: each journey once
totals_by_length AS NOT MATERIALIZED (
  SELECT
    period,
    CAST(sum(interactions) // greatest(length, 1) AS HUGEINT) AS conversions,
    CAST(sum(amount) // greatest(length, 1) AS HUGEINT) AS amount
  FROM labelled
  GROUP BY period, length
),
-- one row for each period and dimensions of the conversion: its conversions and their value in millionths
totals AS MATERIALIZED (
  SELECT
    period,
    CAST(sum(conversions) AS HUGEINT) AS conversions,
    CAST(sum(amount) AS HUGEINT) AS amount
  FROM totals_by_length
  GROUP BY period
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
    JOIN totals AS t ON t.period IS NOT DISTINCT FROM c.period
  WINDOW credit_group AS (PARTITION BY c.period, c.model_number)
),
-- one row for each credit, ranked by what was cut off, and how many credits of its group are not 0
remainders AS NOT MATERIALIZED (
  SELECT
    *,
    row_number() OVER (PARTITION BY period, model_number
      ORDER BY credited_conversions <> 0 DESC,
        conversions_rest DESC,
        channel_label,
        shown) AS conversions_rank,
    greatest(
      count(nullif(credited_conversions, 0)) OVER (PARTITION BY period, model_number),
      1) AS conversions_rows,
    row_number() OVER (PARTITION BY period, model_number
      ORDER BY credited_amount <> 0 DESC, amount_rest DESC, channel_label, shown) AS amount_rank,
    greatest(count(nullif(credited_amount, 0)) OVER (PARTITION BY period, model_number), 1) AS amount_rows
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
    channel_label,
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
  SELECT DISTINCT period, channel_label
  FROM (
    SELECT period, channel_label
    FROM apportioned
    WHERE shown AND (interactions > 0 OR credited_conversions <> 0 OR credited_amount <> 0)
  ) AS u
),
-- one row for each period, dimensions and model: what the measures are made of, in millionths
lines AS MATERIALIZED (
  SELECT
    b.period,
    b.channel_label,
    m.model_number,
    coalesce(a.credited_conversions, 0) AS credited_conversions,
    coalesce(a.credited_amount, 0) AS credited_amount,
    coalesce(a.interactions, 0) AS interactions
  FROM combinations AS b
    CROSS JOIN models AS m
    LEFT JOIN apportioned AS a ON a.shown
      AND a.model_number = m.model_number
      AND a.period = b.period
      AND a.channel_label = b.channel_label
),
-- one row for every conversion of each period together: what shares are of, in millionths
wholes AS NOT MATERIALIZED (
  SELECT
    sum(amount) FILTER (WHERE period = 0) AS whole
  FROM totals
),
-- one row for each dimensions and model: what the figures are made of, in millionths
sums AS NOT MATERIALIZED (
  SELECT
    channel_label,
    model_number,
    coalesce(sum(credited_conversions), 0) AS credited_conversions,
    coalesce(sum(credited_amount), 0) AS credited_amount,
    coalesce(sum(interactions), 0) AS interactions
  FROM lines
  GROUP BY channel_label, model_number
),
-- one row for each dimensions and model: the measures, in millionths
figures AS NOT MATERIALIZED (
  SELECT
    channel_label,
    model_number,
    credited_amount AS "revenue",
    credited_conversions AS "deals",
    interactions AS "interactions",
    (
      CAST(
        credited_amount AS HUGEINT) * 2000000 + sign(
        credited_amount) * abs(
        nullif(CAST(whole AS HUGEINT), 0))) // (
      2 * nullif(CAST(whole AS HUGEINT), 0)) AS "share"
  FROM sums
    CROSS JOIN wholes
),
-- one row for each combination of dimensions: its place in the report, and if it comes last
places AS NOT MATERIALIZED (
  SELECT
    channel_label,
    row_number() OVER (
      ORDER BY channel_label = '(unattributed)', "revenue" DESC NULLS LAST, channel_label) AS row_place,
    channel_label = '(unattributed)' AS comes_last
  FROM figures
  WHERE model_number = 0
),
-- one row for each of the lines, with the place of its row
limited AS NOT MATERIALIZED (
  SELECT
    l.*,
    p.row_place AS row_place
  FROM lines AS l
    JOIN places AS p ON p.channel_label = l.channel_label
),
-- one row for each place and model: what the figures are made of, in millionths
row_sums AS NOT MATERIALIZED (
  SELECT
    row_place,
    channel_label,
    model_number,
    coalesce(sum(credited_conversions), 0) AS credited_conversions,
    coalesce(sum(credited_amount), 0) AS credited_amount,
    coalesce(sum(interactions), 0) AS interactions
  FROM limited
  GROUP BY row_place, channel_label, model_number
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
    channel_label,
    model_number,
    credited_amount AS "revenue",
    credited_conversions AS "deals",
    interactions AS "interactions",
    (
      CAST(
        credited_amount AS HUGEINT) * 2000000 + sign(
        credited_amount) * abs(
        nullif(CAST(whole AS HUGEINT), 0))) // (
      2 * nullif(CAST(whole AS HUGEINT), 0)) AS "share"
  FROM row_sums
    CROSS JOIN wholes
  UNION ALL
  SELECT
    NULL AS row_place,
    NULL AS channel_label,
    model_number,
    credited_amount AS "revenue",
    credited_conversions AS "deals",
    interactions AS "interactions",
    (
      CAST(
        credited_amount AS HUGEINT) * 2000000 + sign(
        credited_amount) * abs(
        nullif(CAST(whole AS HUGEINT), 0))) // (
      2 * nullif(CAST(whole AS HUGEINT), 0)) AS "share"
  FROM total_sums
    CROSS JOIN wholes
)
SELECT
  r.row_place,
  r.channel_label AS "channel",
  m.model,
  CAST(r."revenue" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "revenue",
  CAST(r."deals" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "deals",
  CAST(r."interactions" AS BIGINT) AS "interactions",
  CAST(r."share" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "share"
FROM report AS r
  JOIN models AS m ON m.model_number = r.model_number
ORDER BY r.row_place NULLS LAST, r.model_number;
