-- "estimates" holds what attrib estimated from these journeys: print this again where they change.
-- markov: removal effects of a Markov chain of order 2 over channel, with journeys that did not convert.
-- shapley: Shapley values over channel, a set of which is worth conversions.
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
    c.deal_created_at,
    c.period
  FROM (
    SELECT DISTINCT deal_id, contact_id
    FROM (
      SELECT deal_id AS deal_id, CAST(contact_id AS VARCHAR) AS contact_id
      FROM deal_contacts AS s
      WHERE contact_id IS NOT NULL AND deal_id IS NOT NULL) AS s) AS pair
    JOIN conversions AS c ON c.conversion = pair.deal_id
),
-- one row for each combination of values that makes a state, numbered
state_values AS MATERIALIZED (
  SELECT CAST(row_number() OVER (ORDER BY v0) AS INTEGER) AS value, d.*
  FROM (SELECT DISTINCT t."channel" AS v0 FROM touchpoints AS t) AS d
),
-- one row for each interaction and conversion it leads to; age is in microseconds before the conversion
interactions AS MATERIALIZED (
  SELECT
    m.conversion,
    epoch_us(m.converted_at) - epoch_us(t.occurred_at) AS age,
    m.period,
    v.value,
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
    JOIN state_values AS v ON v.v0 IS NOT DISTINCT FROM t."channel"
    JOIN members AS m ON m.contact_id = t.contact_id
  WHERE t.occurred_at <= m.converted_at
),
-- one row for each interaction of a journey that did not convert
non_converting_contacts AS MATERIALIZED (
  SELECT
    t.contact_id AS journey,
    t.occurred_at,
    t.touchpoint_id,
    t.source_row,
    v.value
  FROM touchpoints AS t
    JOIN state_values AS v ON v.v0 IS NOT DISTINCT FROM t."channel"
  WHERE t.contact_id IS NOT NULL
    AND t.occurred_at IS NOT NULL
    AND NOT EXISTS (
      SELECT 1
      FROM (
        SELECT DISTINCT deal_id, contact_id
        FROM (
          SELECT deal_id AS deal_id, CAST(contact_id AS VARCHAR) AS contact_id
          FROM deal_contacts AS s
          WHERE contact_id IS NOT NULL AND deal_id IS NOT NULL) AS s) AS q
      WHERE q.contact_id = t.contact_id)
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
-- one row for each interaction of a journey that did not convert
non_converting_deals AS MATERIALIZED (
  SELECT
    c.deal_id AS journey,
    t.occurred_at,
    t.touchpoint_id,
    t.source_row,
    v.value
  FROM deals AS c
    JOIN (
      SELECT DISTINCT deal_id, contact_id
      FROM (
        SELECT deal_id AS deal_id, CAST(contact_id AS VARCHAR) AS contact_id
        FROM deal_contacts AS s
        WHERE contact_id IS NOT NULL AND deal_id IS NOT NULL) AS s) AS q ON q.deal_id = c.deal_id
    JOIN touchpoints AS t ON q.contact_id = t.contact_id
    JOIN state_values AS v ON v.v0 IS NOT DISTINCT FROM t."channel"
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
-- one row for each value that a journey holds: its interactions in all journeys
value_counts AS MATERIALIZED (
  SELECT v.v0, n.interactions
  FROM (
    SELECT value, count(*) AS interactions FROM (
      SELECT value
      FROM (SELECT i.period, i.conversion AS journey, i.age, i.touchpoint_id, i.source_row, i.value
    FROM interactions AS i
    WHERE NOT i.excluded) AS w
      UNION ALL
        SELECT value
        FROM (
          SELECT 0 AS period,
            i.journey,
            -epoch_us(i.occurred_at) AS age,
            i.touchpoint_id,
            i.source_row,
            i.value
    FROM non_converting_contacts AS i) AS w
      UNION ALL
        SELECT value
        FROM (
          SELECT 0 AS period,
            i.journey,
            -epoch_us(i.occurred_at) AS age,
            i.touchpoint_id,
            i.source_row,
            i.value
    FROM non_converting_deals AS i) AS w
    ) AS w GROUP BY value
  ) AS n
    JOIN state_values AS v ON v.value = n.value
),
-- one row for each value: its state, how many interactions have the value, and the texts of the state
known_states AS MATERIALIZED (
  SELECT CAST(least(dense_rank() OVER (ORDER BY size DESC, label0), 200) AS INTEGER) AS state,
    s.* EXCLUDE (size)
  FROM (
    SELECT l.*, sum(l.interactions) OVER (PARTITION BY label0) AS size
    FROM (
      SELECT c.v0,
        c.interactions,
        coalesce(
          CASE
            WHEN lower(
              trim(CAST(c.v0 AS VARCHAR), '"')) IN (
              '(unattributed)',
              '(other)',
              '(no interaction)',
              '(no channel)')
            THEN '"' || CAST(c.v0 AS VARCHAR) || '"'
            ELSE CAST(c.v0 AS VARCHAR) END,
          '(no channel)') AS label0
      FROM value_counts AS c
    ) AS l
  ) AS s
),
-- one row for each numbered value: its state, how many interactions have it, and the texts of the state
states AS MATERIALIZED (
  SELECT v.value, k.* EXCLUDE (v0)
  FROM state_values AS v
    JOIN known_states AS k ON k.v0 IS NOT DISTINCT FROM v.v0
),
-- one row for each period and state: what it weighs within a journey, what it is credited with in all
estimates AS MATERIALIZED (
  SELECT CAST(period AS INTEGER) AS period,
    CAST(state AS INTEGER) AS state,
    CAST(weight_count0 AS BIGINT) AS weight_count0,
    CAST(weight_amount0 AS BIGINT) AS weight_amount0,
    CAST(total_count0 AS HUGEINT) AS total_count0,
    CAST(total_amount0 AS HUGEINT) AS total_amount0
  FROM (VALUES
      (0, 1, 785162056582000, 706355356881000, 6130219801107, 168955359225150930),
      (0, 2, 805144377475000, 795063263072000, 6286233477758, 190173682283945791),
      (0, 3, 803311161145000, 814673658180000, 6271920484720, 194864354362443916),
      (0, 4, 608124071331000, 591382027419000, 4747980614132, 141454526972191266),
      (0, 5, 469071112803000, 422845673897000, 3662312766806, 101141786544282602),
      (0, 6, 427223764767000, 406259399030000, 3335586023705, 97174463296767132),
      (0, 7, 423359488685000, 458571516420000, 3305415358227, 109687163171349843),
      (0, 8, 289504547293000, 343573325148000, 2260331473545, 82180384143868520)
  ) AS e(period, state, weight_count0, weight_amount0, total_count0, total_amount0)
),
-- one row for each interaction that may earn credit, and conversion it leads to
eligible AS NOT MATERIALIZED (
  SELECT i.*,
    s.state,
    coalesce(f.weight_count0, 0) + 1 AS weight_count0,
    coalesce(f.weight_amount0, 0) + 1 AS weight_amount0
  FROM interactions AS i
    JOIN states AS s ON s.value = i.value
    LEFT JOIN estimates AS f ON f.period = i.period AND f.state = s.state
  WHERE NOT i.excluded
),
-- one row for each conversion with interactions: the length of its journey and the keys of its positions
journey_totals AS MATERIALIZED (
  SELECT
    conversion,
    CAST(count(*) AS INTEGER) AS length,
    CAST(sum(weight_count0) AS DOUBLE) AS whole_count0,
    CAST(sum(weight_amount0) AS DOUBLE) AS whole_amount0,
    count(DISTINCT state) AS spread
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
    CAST(c.amount AS DOUBLE) * 1e12 AS worth,
    w.whole_count0,
    w.whole_amount0,
    w.spread
  FROM journey_totals AS w
    JOIN conversions AS c ON c.conversion = w.conversion
),
-- one row for each journey and state: its interactions there
presences AS NOT MATERIALIZED (
  SELECT conversion, state, count(*) AS repeats
  FROM eligible
  GROUP BY conversion, state
),
-- one row for each eligible interaction and conversion: the positions it holds, as bits
placed AS NOT MATERIALIZED (
  SELECT
    e.conversion,
    j.length,
    j.amount,
    j.period,
    0 AS pattern,
    0 AS positions_held,
    e.channel_value,
    j.worth,
    e.state,
    j.whole_count0,
    j.whole_amount0,
    j.spread,
    e.weight_count0,
    e.weight_amount0,
    q.repeats
  FROM eligible AS e
    JOIN journeys AS j ON j.conversion = e.conversion
    JOIN presences AS q ON q.conversion = e.conversion AND q.state = e.state
),
-- one row for each kind of cell, dimensions, positions held, pattern and length
cube AS MATERIALIZED (
  SELECT
    'credit' AS cell,
    p.period,
    p.channel_value,
    p.state,
    true AS shown,
    p.positions_held,
    p.pattern,
    p.length,
    count(*) AS interactions,
    CAST(sum(p.amount) * 1000000 AS HUGEINT) AS amount,
    CAST(sum(CAST((p.weight_count0 / p.whole_count0) * 1e12 AS BIGINT)) AS HUGEINT) AS earned_count0,
    CAST(
      sum(
        coalesce(
          nullif(CAST(p.worth * (p.weight_amount0 / p.whole_amount0) AS HUGEINT), 0),
          CAST(sign(p.worth) AS HUGEINT))) AS HUGEINT) AS earned_amount0,
    CAST(sum(CAST((1.0 / (p.spread * p.repeats)) * 1e12 AS BIGINT)) AS HUGEINT) AS earned_count1,
    CAST(sum(CAST(p.worth * (1.0 / (p.spread * p.repeats)) AS HUGEINT)) AS HUGEINT) AS earned_amount1
  FROM placed AS p
  GROUP BY p.period, p.channel_value, p.state, p.positions_held, p.pattern, p.length
  UNION ALL
  SELECT
    'unattributed',
    c.period,
    NULL,
    NULL,
    true,
    0,
    0,
    0,
    count(*),
    CAST(sum(c.amount) * 1000000 AS HUGEINT),
    0,
    0,
    0,
    0
  FROM conversions AS c
  WHERE NOT EXISTS (SELECT 1 FROM journey_totals AS w WHERE w.conversion = c.conversion)
  GROUP BY c.period
  UNION ALL
  SELECT 'excluded', 0, NULL, NULL, true, 0, 0, 0, count(*), 0, 0, 0, 0, 0
  FROM interactions WHERE excluded
),
-- one row for each period and state: what its interactions earned before scaling
state_sums AS NOT MATERIALIZED (
  SELECT period, state, sum(earned_count0) AS sum_count0, sum(earned_amount0) AS sum_amount0
  FROM cube WHERE cell = 'credit' GROUP BY period, state
),
-- one row for each period and value of a state that no converting journey holds: its credit
states_without_conversions AS NOT MATERIALIZED (
  SELECT
    'modelled' AS cell,
    e.period,
    v.v0 AS channel_value,
    e.state,
    true AS shown,
    0 AS positions_held,
    0 AS pattern,
    0 AS length,
    0 AS interactions,
    0 AS amount,
    CASE
      WHEN coalesce(z.sum_count0, 0) = 0
      THEN CAST(round(CAST(e.total_count0 AS DOUBLE) * v.interactions / p.interactions) AS HUGEINT)
      ELSE 0 END AS earned_count0,
    CASE
      WHEN coalesce(z.sum_amount0, 0) = 0
      THEN CAST(round(CAST(e.total_amount0 AS DOUBLE) * v.interactions / p.interactions) AS HUGEINT)
      ELSE 0 END AS earned_amount0
  FROM estimates AS e
    JOIN known_states AS v ON v.state = e.state
    JOIN (
      SELECT state, sum(interactions) AS interactions
      FROM known_states
      GROUP BY state) AS p ON p.state = e.state
    LEFT JOIN state_sums AS z ON z.period = e.period AND z.state = e.state
  WHERE (coalesce(z.sum_count0, 0) = 0 AND e.total_count0 <> 0)
    OR (coalesce(z.sum_amount0, 0) = 0 AND e.total_amount0 <> 0)
),
-- one row for each cell of the cube and state: estimates are scaled to the totals of the states
scaled_cells AS NOT MATERIALIZED (
  SELECT c.* REPLACE (
    CASE WHEN coalesce(z.sum_count0, 0) = 0 THEN c.earned_count0 ELSE
      CAST(
        round(
          CAST(
            c.earned_count0 AS DOUBLE) * (
            CAST(e.total_count0 AS DOUBLE) / z.sum_count0)) AS HUGEINT) END AS earned_count0,
    CASE WHEN coalesce(z.sum_amount0, 0) = 0 THEN c.earned_amount0 ELSE
      CAST(
        round(
          CAST(
            c.earned_amount0 AS DOUBLE) * (
            CAST(e.total_amount0 AS DOUBLE) / z.sum_amount0)) AS HUGEINT) END AS earned_amount0)
  FROM cube AS c
    LEFT JOIN estimates AS e ON e.period = c.period AND e.state = c.state
    LEFT JOIN state_sums AS z ON z.period = c.period AND z.state = c.state
  UNION ALL
  SELECT u.* EXCLUDE (earned_count0, earned_amount0),
    u.earned_count0,
    u.earned_amount0,
    0 AS earned_count1,
    0 AS earned_amount1
  FROM states_without_conversions AS u
),
-- one row for each cell by dimensions alone, as rules have it without data-driven models
cells AS NOT MATERIALIZED (
  SELECT cell, period, channel_value, shown, positions_held, pattern, length,
    CAST(sum(interactions) AS HUGEINT) AS interactions,
    CAST(sum(amount) AS HUGEINT) AS amount,
    CAST(sum(earned_count0) AS HUGEINT) AS earned_count0,
    CAST(sum(earned_amount0) AS HUGEINT) AS earned_amount0,
    CAST(sum(earned_count1) AS HUGEINT) AS earned_count1,
    CAST(sum(earned_amount1) AS HUGEINT) AS earned_amount1
  FROM scaled_cells
  GROUP BY cell, period, channel_value, shown, positions_held, pattern, length
),
-- one row for each model asked for: what it weighs
models AS NOT MATERIALIZED (
  SELECT * FROM (VALUES
    (0, 'markov', 0, 0, 0, 0, 0, 1, 0),
    (1, 'shapley', 0, 0, 0, 0, 0, 1, 1)
  ) AS v(model_number, model, mask, first_weight, lead_weight, deal_weight, last_weight, rest_weight, kernel)
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
            trim(CAST(c.channel_value AS VARCHAR), '"')) IN (
            '(unattributed)',
            '(other)',
            '(no interaction)',
            '(no channel)')
          THEN '"' || CAST(c.channel_value AS VARCHAR) || '"'
          ELSE CAST(c.channel_value AS VARCHAR) END,
        '(no channel)') END AS channel_label,
    (c.shown) AS shown,
    c.positions_held,
    c.pattern,
    c.length,
    c.interactions,
    c.amount,
    c.earned_count0,
    c.earned_amount0,
    c.earned_count1,
    c.earned_amount1
  FROM cells AS c
  WHERE c.cell <> 'excluded'
),
-- one row for each cell and model: what its interactions weigh, and how many share the rest
weighed AS NOT MATERIALIZED (
  SELECT c.*, m.model_number, m.rest_weight, m.kernel,
    0 AS own_weight,
    0 AS positions_weight,
    c.length AS rest_count
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
  SELECT period, channel_label, shown, model_number,
    CAST(
      sum(
        CASE
          WHEN cell = 'unattributed'
          THEN CAST(interactions AS HUGEINT) * 1000000000000
          WHEN cell = 'modelled'
          THEN CASE kernel WHEN 0 THEN earned_count0 ELSE 0 END
          WHEN journey_weight = 0
          THEN 0
          WHEN own_weight > 0
          THEN CAST(interactions AS HUGEINT) * 1000000000000 * own_weight // journey_weight
          WHEN rest_weight = 0
          OR rest_count = 0
          THEN 0
          ELSE CASE kernel
            WHEN 0
            THEN earned_count0 * rest_weight // journey_weight
            WHEN 1
            THEN earned_count1 * rest_weight // journey_weight
            ELSE CAST(
              interactions AS HUGEINT) * 1000000000000 * rest_weight // (
              journey_weight * rest_count) END END) AS HUGEINT) AS counted,
    CAST(
      sum(
        CASE
          WHEN cell = 'unattributed'
          THEN CAST(amount AS HUGEINT) * 1000000
          WHEN cell = 'modelled'
          THEN CASE kernel WHEN 0 THEN earned_amount0 ELSE 0 END
          WHEN journey_weight = 0
          THEN 0
          WHEN own_weight > 0
          THEN CAST(amount AS HUGEINT) * 1000000 * own_weight // journey_weight
          WHEN rest_weight = 0
          OR rest_count = 0
          THEN 0
          ELSE CASE kernel
            WHEN 0
            THEN earned_amount0 * rest_weight // journey_weight
            WHEN 1
            THEN earned_amount1 * rest_weight // journey_weight
            ELSE CAST(
              amount AS HUGEINT) * 1000000 * rest_weight // (
              journey_weight * rest_count) END END) AS HUGEINT) AS valued,
    CAST(sum(CASE WHEN cell = 'credit' AND journey_weight > 0 AND (own_weight > 0 OR rest_weight > 0)
      THEN interactions ELSE 0 END) AS BIGINT) AS interactions
  FROM (SELECT * FROM totalled) AS w
  GROUP BY period, channel_label, shown, model_number
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
      ORDER BY counted <> 0 DESC, counted_rest DESC, channel_label, shown) AS counted_rank,
    greatest(count(nullif(counted, 0)) OVER (PARTITION BY period, model_number), 1) AS counted_rows,
    row_number() OVER (PARTITION BY period, model_number
      ORDER BY valued <> 0 DESC, valued_rest DESC, channel_label, shown) AS valued_rank,
    greatest(count(nullif(valued, 0)) OVER (PARTITION BY period, model_number), 1) AS valued_rows
  FROM floors
),
-- one row for each period, dimensions, model and shown: credits in whole millionths that sum exactly
apportioned AS NOT MATERIALIZED (
  SELECT period, channel_label, shown, model_number, interactions,
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
    b.channel_label,
    m.model_number,
    coalesce(a.counted, 0) AS counted,
    coalesce(a.valued, 0) AS valued,
    coalesce(a.interactions, 0) AS interactions
  FROM (
    SELECT DISTINCT period, channel_label FROM apportioned
      WHERE shown AND (interactions > 0 OR counted <> 0 OR valued <> 0)
  ) AS b CROSS JOIN models AS m
    LEFT JOIN apportioned AS a ON a.shown
      AND a.model_number = m.model_number
      AND a.period = b.period
      AND a.channel_label = b.channel_label
),
-- one row for each dimensions and model: the measures, in millionths
figures AS NOT MATERIALIZED (
  SELECT
    channel_label,
    model_number,
    coalesce(sum(valued), 0) AS "revenue",
    coalesce(sum(counted), 0) AS "deals",
    coalesce(sum(interactions), 0) AS "interactions",
    (CAST(coalesce(sum(valued), 0) AS HUGEINT) * 2000000 + sign(coalesce(sum(valued), 0)) * abs(nullif(CAST((
      SELECT sum(amount)
      FROM totals
      WHERE period = 0) AS HUGEINT), 0))) // (2 * nullif(CAST((
      SELECT sum(amount)
      FROM totals
      WHERE period = 0) AS HUGEINT), 0)) AS "share"
  FROM lines
  GROUP BY channel_label, model_number
),
-- one row for each combination of dimensions: its place in the report, and if it comes after all others
places AS NOT MATERIALIZED (
  SELECT channel_label, row_number() OVER (
    ORDER BY channel_label = '(unattributed)', "revenue" DESC NULLS LAST, channel_label) AS row_place,
    channel_label = '(unattributed)' AS comes_last
  FROM figures
  WHERE model_number = 0
),
-- one row for each of the lines, with the place of its row
limited AS NOT MATERIALIZED (
  SELECT l.*,
    p.row_place AS row_place
  FROM lines AS l
    JOIN places AS p ON p.channel_label = l.channel_label
),
-- one row for each place and model, and one without place for each model's total
report AS NOT MATERIALIZED (
  SELECT
    row_place,
    channel_label,
    model_number,
    coalesce(sum(valued), 0) AS "revenue",
    coalesce(sum(counted), 0) AS "deals",
    coalesce(sum(interactions), 0) AS "interactions",
    (CAST(coalesce(sum(valued), 0) AS HUGEINT) * 2000000 + sign(coalesce(sum(valued), 0)) * abs(nullif(CAST((
      SELECT sum(amount)
      FROM totals
      WHERE period = 0) AS HUGEINT), 0))) // (2 * nullif(CAST((
      SELECT sum(amount)
      FROM totals
      WHERE period = 0) AS HUGEINT), 0)) AS "share"
  FROM limited
  GROUP BY row_place, channel_label, model_number
  UNION ALL
  SELECT NULL AS row_place, NULL AS channel_label, *
  FROM (
    SELECT
      model_number,
      coalesce(sum(valued), 0) AS "revenue",
      coalesce(sum(counted), 0) AS "deals",
      coalesce(sum(interactions), 0) AS "interactions",
      (
        CAST(
          coalesce(sum(valued), 0) AS HUGEINT) * 2000000 + sign(
          coalesce(sum(valued), 0)) * abs(
          nullif(CAST((
        SELECT sum(amount)
        FROM totals
        WHERE period = 0) AS HUGEINT), 0))) // (2 * nullif(CAST((
        SELECT sum(amount)
        FROM totals
        WHERE period = 0) AS HUGEINT), 0)) AS "share"
    FROM lines
    GROUP BY model_number
  ) AS t
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
