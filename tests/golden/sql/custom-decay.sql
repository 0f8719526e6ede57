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
      "currency" AS "currency",
      "segment" AS "segment"
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
    AND NOT (coalesce(lower(CAST(c."segment" AS VARCHAR)) = lower('SMB'), false))
),
-- one row for each contact of a conversion
members AS MATERIALIZED (
  SELECT
    c.conversion,
    pair.contact_id,
    c.converted_at,
    c.deal_created_at
  FROM contacts_of_deals AS pair
    JOIN conversions AS c ON c.conversion = pair.deal_id
),
-- one row for each interaction and conversion it leads to; age is in microseconds before the conversion
interactions AS MATERIALIZED (
  SELECT
    m.conversion,
    epoch_us(m.converted_at) - epoch_us(t.occurred_at) AS age,
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
    JOIN members AS m ON m.contact_id = t.contact_id
  WHERE t.occurred_at <= m.converted_at
    AND NOT (coalesce(lower(CAST(t."channel" AS VARCHAR)) = lower('Direct'), false))
),
-- one row for every kernel: 2^-(i / 4096), i rising from 0, in parts of 2^62
powers_of_two AS MATERIALIZED (
  SELECT flatten(list_transform([
      4611686018427387904, 4562008997483360349, 4512867096753504463, 4464254551929933550, 4416165660797809419,
      4368594782566476878, 4321536337207803251, 4274984804801645281, 4228934724888366668, 4183380695828330266,
      4138317374168289834, 4093739474014606996, 4049641766413219908, 4006019078736290889, 3962866294075461077,
      3920178350641640941, 3877950241171266237, 3836177012338949768, 3794853764176460055, 3753975649497958757,
      3713537873331429433, 3673535692356230935, 3633964414346709481, 3594819397621804119, 3556096050500581047,
      3517789830763632898, 3479896245120279830, 3442410848681509921, 3405329244438597040, 3368647082747335039,
      3332360060817827770, 3296463922209775076, 3260954456333195553, 3225827497954527522, 3191078926708050276,
      3156704666612568285, 3122700685593301682, 3089062995008926926, 3055787649183712190, 3022870744944692570,
      2990308421163830843, 2958096858305110056, 2926232277976504838, 2894710942486778865, 2863529154407056491,
      2832683256137117140, 2802169629476361550, 2771984695199399577, 2742124912636209756, 2712586779256821376,
      2683366830260470360, 2654461638169180747, 2625867812425724110, 2597581998995909751, 2569600879975159024,
      2541921173199317625, 2514539631859660218, 2487453044122042215, 2460658232750154058, 2434152054732833796,
      2407931400915394245, 2381993195634921490, 2356334396359501942, 2330951993331335645],
    lambda a: list_transform([
      4611686018427387904, 4610905670110601999, 4610125453837388245, 4609345369585403408, 4608565417332308035,
      4607785597055766452, 4607005908733446766, 4606226352343020863, 4605446927862164404, 4604667635268556833,
      4603888474539881365, 4603109445653824995, 4602330548588078493, 4601551783320336404, 4600773149828297045,
      4599994648089662511, 4599216278082138665, 4598438039783435148, 4597659933171265367, 4596881958223346505,
      4596104114917399513, 4595326403231149112, 4594548823142323792, 4593771374628655813, 4592994057667881203,
      4592216872237739754, 4591439818315975029, 4590662895880334355, 4589886104908568823, 4589109445378433292,
      4588332917267686382, 4587556520554090479, 4586780255215411731, 4586004121229420047, 4585228118573889098,
      4584452247226596318, 4583676507165322899, 4582900898367853793, 4582125420811977712, 4581350074475487127,
      4580574859336178263, 4579799775371851107, 4579024822560309399, 4578250000879360637, 4577475310306816073,
      4576700750820490713, 4575926322398203319, 4575152025017776405, 4574377858657036237, 4573603823293812835,
      4572829918905939968, 4572056145471255159, 4571282502967599677, 4570508991372818544, 4569735610664760528,
      4568962360821278149, 4568189241820227672, 4567416253639469107, 4566643396256866216, 4565870669650286501,
      4565098073797601212, 4564325608676685343, 4563553274265417632, 4562781070541680560],
      lambda b: CAST((CAST(a AS HUGEINT) * b + 2305843009213693952) >> 62 AS BIGINT)))) AS parts
),
-- one row for each interaction that may earn credit: its age in half-lives and 4096ths of one; log is that of the rest
aged AS NOT MATERIALIZED (
  SELECT i.*,
    i.age // 604800000000 AS time_decay_half_lives,
    CAST((i.age % 604800000000 << 12) // 604800000000 AS BIGINT) AS time_decay_steps,
    ((i.age % 604800000000 << 12) % 604800000000) * 2.7980387876801075e-16 AS time_decay_log,
    i.age // 259200000000 AS late_half_lives,
    CAST((i.age % 259200000000 << 12) // 259200000000 AS BIGINT) AS late_steps,
    ((i.age % 259200000000 << 12) % 259200000000) * 6.528757171253584e-16 AS late_log
  FROM interactions AS i
  WHERE NOT i.excluded
),
-- one row for each interaction that may earn credit, and conversion it leads to; place orders those of a journey
eligible AS MATERIALIZED (
  SELECT i.* EXCLUDE (time_decay_steps, time_decay_log, late_steps, late_log),
    row_number() OVER (PARTITION BY i.conversion
      ORDER BY i.age DESC,
        i.touchpoint_id IS NULL,
        TRY_CAST(i.touchpoint_id AS HUGEINT) IS NULL,
        coalesce(TRY_CAST(i.touchpoint_id AS HUGEINT), 0),
        coalesce(i.touchpoint_id, ''),
        i.source_row) AS place,
    t.parts[i.time_decay_steps + 1]
      - CAST(CAST(t.parts[i.time_decay_steps + 1] AS DOUBLE)
        * (
          i.time_decay_log * (
            1e0 - i.time_decay_log * (
              0.5e0 - i.time_decay_log * (
                0.16666666666666666 - i.time_decay_log * 0.041666666666666664)))) AS BIGINT) AS time_decay_kernel,
    t.parts[i.late_steps + 1]
      - CAST(CAST(t.parts[i.late_steps + 1] AS DOUBLE)
        * (
          i.late_log * (
            1e0 - i.late_log * (
              0.5e0 - i.late_log * (
                0.16666666666666666 - i.late_log * 0.041666666666666664)))) AS BIGINT) AS late_kernel
  FROM aged AS i
    CROSS JOIN powers_of_two AS t
),
-- one row for each conversion with interactions: the length of its journey, and where in it the key positions are
journey_totals AS MATERIALIZED (
  SELECT
    conversion,
    CAST(count(*) AS INTEGER) AS length,
    max(place) AS last_place,
    min(time_decay_half_lives) AS time_decay_end,
    sum((CAST(time_decay_kernel AS HUGEINT) << 38) >> (time_decay_half_lives)) AS time_decay_total
  FROM eligible
  GROUP BY conversion
),
-- one row for each journey that ended many half-lives before the conversion: its sum of kernels
time_decay_old_journeys AS NOT MATERIALIZED (
  SELECT e.conversion,
    sum((CAST(e.time_decay_kernel AS HUGEINT) << 38) >> (e.time_decay_half_lives - w.time_decay_end)) AS total
  FROM eligible AS e
    JOIN journey_totals AS w ON w.conversion = e.conversion
  WHERE w.time_decay_end > 30
  GROUP BY e.conversion
),
-- one row for each conversion with interactions: its journey's length and value, and the sums of its kernels
journeys_kernel_sums AS NOT MATERIALIZED (
  SELECT
    w.conversion,
    w.length,
    c.amount,
    c.period,
    w.last_place,
    w.time_decay_end,
    CASE
      WHEN time_decay_old_journeys.conversion IS NULL
        THEN w.time_decay_total >> (38 - least(w.time_decay_end, 38))
      ELSE time_decay_old_journeys.total >> 38 END AS time_decay_total
  FROM journey_totals AS w
    JOIN conversions AS c ON c.conversion = w.conversion
    LEFT JOIN time_decay_old_journeys ON time_decay_old_journeys.conversion = w.conversion
),
-- one row for each journey: its value in parts of 10^-12, which is not below 0
journeys_values AS NOT MATERIALIZED (
  SELECT j.*,
    CAST(
      CASE
        WHEN abs(j.amount) < 1000000000 THEN CAST(CAST(abs(j.amount) AS DOUBLE) * 1e6 AS BIGINT)
        ELSE CAST(abs(j.amount) * 1000000 AS HUGEINT) END AS HUGEINT) * 1000000 AS value
  FROM journeys_kernel_sums AS j
),
-- one row for each journey: by how many bits the value may be multiplied within 127
journeys_shifts AS NOT MATERIALIZED (
  SELECT j.*,
    CASE
      WHEN j.value < 4398046511104 THEN 80
      WHEN j.value < 288230376151711744 THEN 64
      WHEN j.value < 18889465931478580854784 THEN 48
      WHEN j.value < 1237940039285380274899124224 THEN 32
      WHEN j.value < 81129638414606681695789005144064 THEN 16
      ELSE 1 END AS amount_shift,
    CAST(j.time_decay_total AS DOUBLE) AS time_decay_divisor
  FROM journeys_values AS j
),
-- one row for each journey: the first digits of what a unit of kernel earns
journeys_quotients AS NOT MATERIALIZED (
  SELECT j.*,
    CAST(CAST(4835703278458516698824704000000000000 AS DOUBLE)
      / j.time_decay_divisor AS BIGINT) AS time_decay_count_first,
    greatest(
      CAST(CAST(j.value << j.amount_shift AS DOUBLE) / j.time_decay_divisor AS BIGINT) - 512,
      0) AS time_decay_amount_unit
  FROM journeys_shifts AS j
),
-- one row for each journey: what a unit of kernel earns, of a conversion and of the amount
journeys AS MATERIALIZED (
  SELECT j.* EXCLUDE (value, time_decay_count_first, time_decay_total, time_decay_divisor),
    j.time_decay_count_first
      + CAST(
        CAST(4835703278458516698824704000000000000 - j.time_decay_total * j.time_decay_count_first AS DOUBLE)
        / j.time_decay_divisor AS BIGINT) AS time_decay_conversion_unit,
    CAST(CAST((j.value << j.amount_shift) - j.time_decay_total * j.time_decay_amount_unit AS DOUBLE)
      / j.time_decay_divisor * 1099511627776 AS BIGINT) AS time_decay_amount_unit_rest
  FROM journeys_quotients AS j
),
-- one row for each eligible interaction and conversion, beside its journey: the key positions it holds
placed AS NOT MATERIALIZED (
  SELECT
    e.conversion,
    j.length,
    j.amount,
    j.period,
    coalesce(e.place = j.last_place, false) AS is_last,
    e.channel_value,
    e.time_decay_half_lives,
    e.time_decay_kernel,
    e.late_half_lives,
    e.late_kernel,
    j.time_decay_end,
    j.time_decay_conversion_unit,
    j.time_decay_amount_unit,
    j.time_decay_amount_unit_rest,
    j.amount_shift
  FROM eligible AS e
    JOIN journeys AS j ON j.conversion = e.conversion
),
-- one row for each journey: half-lives since its last interaction outside the positions that weigh
latest_outside AS NOT MATERIALIZED (
  SELECT
    p.conversion,
    min(p.late_half_lives) FILTER (WHERE NOT (p.is_last)) AS late_end
  FROM placed AS p
  GROUP BY p.conversion
),
-- one row for each journey: its interactions outside the positions that weigh, and the sums of its kernels
outside_kernel_sums AS NOT MATERIALIZED (
  SELECT
    p.conversion,
    any_value(p.amount) AS amount,
    any_value(l.late_end) AS late_end,
    nullif(
      sum(
        CASE
          WHEN NOT (p.is_last) THEN (CAST(p.late_kernel AS HUGEINT) << 38) >> (p.late_half_lives - l.late_end)
          ELSE 0 END) >> 38,
      0) AS late_total
  FROM placed AS p
    JOIN latest_outside AS l ON l.conversion = p.conversion
  GROUP BY p.conversion
),
-- one row for each journey: its value in parts of 10^-12, which is not below 0
outside_values AS NOT MATERIALIZED (
  SELECT j.*,
    CAST(
      CASE
        WHEN abs(j.amount) < 1000000000 THEN CAST(CAST(abs(j.amount) AS DOUBLE) * 1e6 AS BIGINT)
        ELSE CAST(abs(j.amount) * 1000000 AS HUGEINT) END AS HUGEINT) * 1000000 AS value
  FROM outside_kernel_sums AS j
),
-- one row for each journey: by how many bits the value may be multiplied within 127
outside_shifts AS NOT MATERIALIZED (
  SELECT j.*,
    CASE
      WHEN j.value < 4398046511104 THEN 80
      WHEN j.value < 288230376151711744 THEN 64
      WHEN j.value < 18889465931478580854784 THEN 48
      WHEN j.value < 1237940039285380274899124224 THEN 32
      WHEN j.value < 81129638414606681695789005144064 THEN 16
      ELSE 1 END AS amount_shift,
    CAST(j.late_total AS DOUBLE) AS late_divisor
  FROM outside_values AS j
),
-- one row for each journey: the first digits of what a unit of kernel earns
outside_quotients AS NOT MATERIALIZED (
  SELECT j.*,
    CAST(CAST(4835703278458516698824704000000000000 AS DOUBLE)
      / j.late_divisor AS BIGINT) AS late_count_first,
    greatest(
      CAST(CAST(j.value << j.amount_shift AS DOUBLE) / j.late_divisor AS BIGINT) - 512,
      0) AS late_amount_unit
  FROM outside_shifts AS j
),
-- one row for each journey: what a unit of kernel earns, of a conversion and of the amount
outside AS NOT MATERIALIZED (
  SELECT j.* EXCLUDE (value, late_count_first, late_total, late_divisor),
    j.late_count_first
      + CAST(CAST(4835703278458516698824704000000000000 - j.late_total * j.late_count_first AS DOUBLE)
        / j.late_divisor AS BIGINT) AS late_conversion_unit,
    CAST(CAST((j.value << j.amount_shift) - j.late_total * j.late_amount_unit AS DOUBLE)
      / j.late_divisor * 1099511627776 AS BIGINT) AS late_amount_unit_rest
  FROM outside_quotients AS j
),
-- one row for each kind of cell, dimensions, key positions and length of the journey: the credit cube
cube AS MATERIALIZED (
  SELECT
    'credit' AS cell,
    p.period,
    p.channel_value,
    true AS shown,
    p.is_last,
    p.length,
    count(*) AS interactions,
    CAST(sum(p.amount) * 1000000 AS HUGEINT) AS amount,
    CAST(
      sum(
        CASE
          WHEN NOT (p.is_last)
            THEN (
              (
                CAST(p.late_kernel AS HUGEINT) * o.late_conversion_unit) >> (
                82 - 10 + (p.late_half_lives - o.late_end)))
          ELSE 0 END) AS HUGEINT) // 1024 AS late_conversions,
    CAST(
      sum(
        CASE
          WHEN NOT (p.is_last)
            THEN (
              CASE
                WHEN p.amount < 0
                  THEN -(
                    (
                      CAST(
                        p.late_kernel AS HUGEINT) * o.late_amount_unit + (
                        (CAST(p.late_kernel AS HUGEINT) * o.late_amount_unit_rest) >> 40)) >> (
                      o.amount_shift - 10 + (p.late_half_lives - o.late_end)))
                ELSE (
                  (
                    CAST(
                      p.late_kernel AS HUGEINT) * o.late_amount_unit + (
                      (CAST(p.late_kernel AS HUGEINT) * o.late_amount_unit_rest) >> 40)) >> (
                    o.amount_shift - 10 + (p.late_half_lives - o.late_end))) END)
          ELSE 0 END) AS HUGEINT) // 1024 AS late_amount,
    CAST(
      sum(
        (
          (
            CAST(p.time_decay_kernel AS HUGEINT) * p.time_decay_conversion_unit) >> (
            82 - 10 + (
              p.time_decay_half_lives - p.time_decay_end)))) AS HUGEINT) // 1024 AS time_decay_conversions,
    CAST(
      sum(
        (
          CASE
            WHEN p.amount < 0
              THEN -(
                (
                  CAST(
                    p.time_decay_kernel AS HUGEINT) * p.time_decay_amount_unit + (
                    (CAST(p.time_decay_kernel AS HUGEINT) * p.time_decay_amount_unit_rest) >> 40)) >> (
                  p.amount_shift - 10 + (p.time_decay_half_lives - p.time_decay_end)))
            ELSE (
              (
                CAST(
                  p.time_decay_kernel AS HUGEINT) * p.time_decay_amount_unit + (
                  (CAST(p.time_decay_kernel AS HUGEINT) * p.time_decay_amount_unit_rest) >> 40)) >> (
                p.amount_shift - 10 + (
                  p.time_decay_half_lives - p.time_decay_end))) END)) AS HUGEINT) // 1024 AS time_decay_amount
  FROM placed AS p
    JOIN outside AS o ON o.conversion = p.conversion
  GROUP BY p.period, p.channel_value, p.is_last, p.length
  UNION ALL
  SELECT
    'unattributed' AS cell,
    c.period,
    NULL AS channel_value,
    true AS shown,
    false AS is_last,
    0 AS length,
    count(*) AS interactions,
    CAST(sum(c.amount) * 1000000 AS HUGEINT) AS amount,
    0 AS late_conversions,
    0 AS late_amount,
    0 AS time_decay_conversions,
    0 AS time_decay_amount
  FROM conversions AS c
  WHERE NOT EXISTS (SELECT 1 FROM journey_totals AS w WHERE w.conversion = c.conversion)
  GROUP BY c.period
  UNION ALL
  SELECT
    'excluded' AS cell,
    0 AS period,
    NULL AS channel_value,
    true AS shown,
    false AS is_last,
    0 AS length,
    count(*) AS interactions,
    0 AS amount,
    0 AS late_conversions,
    0 AS late_amount,
    0 AS time_decay_conversions,
    0 AS time_decay_amount
  FROM interactions
  WHERE excluded
),
-- one row for each model asked for: what it weighs, and how the rest is spread (kernel)
models AS NOT MATERIALIZED (
  SELECT *
  FROM (VALUES
    (0, 'late', 0, 0, 0, 3, 1, 'late'),
    (1, 'time-decay', 0, 0, 0, 0, 1, 'time_decay')
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
    c.is_last,
    c.length,
    c.interactions,
    c.amount,
    c.late_conversions,
    c.late_amount,
    c.time_decay_conversions,
    c.time_decay_amount
  FROM cube AS c
  WHERE c.cell <> 'excluded'
),
-- one row for each cell and model: the weight of an interaction's own positions, of all of the journey's, and how many share the rest
weights AS NOT MATERIALIZED (
  SELECT
    c.*,
    m.model_number,
    m.rest_weight,
    m.kernel,
    CASE WHEN c.is_last THEN m.last_weight ELSE 0 END AS own_weight,
    m.last_weight AS positions_weight,
    c.length
      - CASE WHEN m.last_weight > 0 THEN 1 ELSE 0 END AS rest_count
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
        WHEN 'late' THEN late_conversions
        WHEN 'time_decay' THEN time_decay_conversions
        ELSE CAST(interactions AS HUGEINT) * 1000000000000 END END AS conversions_value,
    CASE WHEN cell = 'unattributed' OR own_weight > 0 THEN CAST(amount AS HUGEINT) * 1000000
      ELSE CASE kernel
        WHEN 'late' THEN late_amount
        WHEN 'time_decay' THEN time_decay_amount
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
