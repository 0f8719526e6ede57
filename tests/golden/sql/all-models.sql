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
-- contacts: one row for each row of the source, in its order
contacts AS NOT MATERIALIZED (
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
            "created_at",
            '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)(?:[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)?')
          THEN timezone('UTC', timezone('Europe/Berlin', TRY_CAST("created_at" AS TIMESTAMP)))
          WHEN regexp_full_match(
            "created_at",
            '(?:(?:19\d\d|20\d\d|21\d\d|2200)-\d\d?-\d\d?|(?:19\d\d|20\d\d|21\d\d|2200)/\d\d?/\d\d?)[T ](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)? ?(?:Z|UTC|GMT)')
          THEN TRY_CAST("created_at" AS TIMESTAMP) END,
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
    k.created_at AS lead_at,
    row_number() OVER (PARTITION BY c.conversion
      ORDER BY k.created_at NULLS LAST,
        TRY_CAST(pair.contact_id AS HUGEINT) NULLS LAST,
        pair.contact_id) = 1
        AND k.created_at IS NOT NULL AS oldest
  FROM (
    SELECT DISTINCT deal_id, contact_id
    FROM (
      SELECT deal_id AS deal_id, CAST(contact_id AS VARCHAR) AS contact_id
      FROM deal_contacts AS s
      WHERE contact_id IS NOT NULL AND deal_id IS NOT NULL) AS s) AS pair
    JOIN conversions AS c ON c.conversion = pair.deal_id
    LEFT JOIN contacts AS k ON k.contact_id = pair.contact_id
),
-- one row for each interaction and conversion it leads to; age is in microseconds before the conversion
interactions AS MATERIALIZED (
  SELECT
    m.conversion,
    epoch_us(m.converted_at) - epoch_us(t.occurred_at) AS age,
    t.touchpoint_id,
    t.source_row,
    m.oldest AND t.occurred_at <= m.lead_at AS can_lead,
    t.occurred_at <= m.deal_created_at AS can_deal,
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
-- one row for each interaction that may earn credit, and conversion it leads to; order_key orders those of a journey
eligible AS NOT MATERIALIZED (
  SELECT a.* EXCLUDE (steps0, log0, steps1, log1),
    t.parts[
      a.steps0 + 1] - CAST(
      CAST(
        t.parts[a.steps0 + 1] AS DOUBLE) * (
        a.log0 * (
          1e0 - a.log0 * (
            0.5e0 - a.log0 * (0.16666666666666666 - a.log0 * 0.041666666666666664)))) AS BIGINT) AS kernel0,
    t.parts[
      a.steps1 + 1] - CAST(
      CAST(
        t.parts[a.steps1 + 1] AS DOUBLE) * (
        a.log1 * (
          1e0 - a.log1 * (
            0.5e0 - a.log1 * (0.16666666666666666 - a.log1 * 0.041666666666666664)))) AS BIGINT) AS kernel1
  FROM (
  SELECT i.*,
    struct_pack(
      order_1 := -age,
      order_2 := touchpoint_id IS NULL,
      order_3 := TRY_CAST(touchpoint_id AS HUGEINT) IS NULL,
      order_4 := coalesce(TRY_CAST(touchpoint_id AS HUGEINT), 0),
      order_5 := coalesce(touchpoint_id, ''),
      order_6 := source_row) AS order_key,
    i.age // 604800000000 AS half_lives0,
    CAST((i.age % 604800000000 << 12) // 604800000000 AS BIGINT) AS steps0,
    ((i.age % 604800000000 << 12) % 604800000000) * 2.7980387876801075e-16 AS log0,
    i.age // 259200000000 AS half_lives1,
    CAST((i.age % 259200000000 << 12) // 259200000000 AS BIGINT) AS steps1,
    ((i.age % 259200000000 << 12) % 259200000000) * 6.528757171253584e-16 AS log1
  FROM interactions AS i
  WHERE NOT i.excluded
  ) AS a
    CROSS JOIN powers_of_two AS t
),
-- one row for each conversion with interactions: the length of its journey and the keys of its positions
journey_totals AS MATERIALIZED (
  SELECT
    conversion,
    CAST(count(*) AS INTEGER) AS length,
    min(order_key) AS first_key,
    max(order_key) FILTER (WHERE can_lead) AS lead_key,
    max(order_key) FILTER (WHERE can_deal) AS deal_key,
    max(order_key) AS last_key,
    min(half_lives0) AS origin0,
    sum((CAST(kernel0 AS HUGEINT) << 38) >> (half_lives0)) AS total0
  FROM eligible
  GROUP BY conversion
),
-- one row for each journey that ended many half-lives before the conversion: its sum of kernels
old0 AS NOT MATERIALIZED (
  SELECT e.conversion, sum((CAST(e.kernel0 AS HUGEINT) << 38) >> (e.half_lives0 - o.origin0)) AS total
  FROM eligible AS e
    JOIN journey_totals AS o ON o.conversion = e.conversion
  WHERE o.origin0 > 30
  GROUP BY e.conversion
),
-- one row for each conversion with interactions: its length, value and pattern of key positions
journeys AS MATERIALIZED (
  SELECT * EXCLUDE (value, count_first0, total0),
    count_first0 + CAST(
      CAST(
        (CAST(1000000000000 AS HUGEINT) << 82) - total0 * count_first0 AS DOUBLE) / CAST(
        total0 AS DOUBLE) AS BIGINT) AS count_unit0,
    CAST(
      CAST(
        (value << shift) - total0 * amount_unit0 AS DOUBLE) / CAST(
        total0 AS DOUBLE) * 1099511627776 AS BIGINT) AS amount_rest0
  FROM (
  SELECT *,
    CAST(
      CAST(
        (CAST(1000000000000 AS HUGEINT) << 82) AS DOUBLE) / CAST(
        total0 AS DOUBLE) AS BIGINT) AS count_first0,
    greatest(CAST(CAST(value << shift AS DOUBLE) / CAST(total0 AS DOUBLE) AS BIGINT) - 512, 0) AS amount_unit0
  FROM (
  SELECT *,
    CASE
      WHEN value < 4398046511104
      THEN 80
      WHEN value < 288230376151711744
      THEN 64
      WHEN value < 18889465931478580854784
      THEN 48
      WHEN value < 1237940039285380274899124224
      THEN 32
      WHEN value < 81129638414606681695789005144064
      THEN 16
      ELSE 1 END AS shift
  FROM (
  SELECT *,
    CAST(
      CASE
        WHEN abs(amount) < 1000000000
        THEN CAST(CAST(abs(amount) AS DOUBLE) * 1e6 AS BIGINT)
        ELSE CAST(abs(amount) * 1000000 AS HUGEINT) END AS HUGEINT) * 1000000 AS value
  FROM (
  SELECT
    w.conversion,
    w.length,
    c.amount,
    c.period,
    w.first_key,
    w.lead_key,
    w.deal_key,
    w.last_key,
    CAST(
      1 * (
        1 + CASE
          WHEN w.first_key = w.lead_key
          THEN 2
          ELSE 0 END + CASE
          WHEN w.first_key = w.deal_key
          THEN 4
          ELSE 0 END + CASE
          WHEN w.first_key = w.last_key
          THEN 8
          ELSE 0 END)
      + 16 * (
        CASE
          WHEN w.lead_key IS NULL
          THEN 0
          ELSE 2 + CASE
            WHEN w.first_key = w.lead_key
            THEN 1
            ELSE 0 END + CASE
            WHEN w.lead_key = w.deal_key
            THEN 4
            ELSE 0 END + CASE
            WHEN w.lead_key = w.last_key
            THEN 8
            ELSE 0 END END)
      + 256 * (
        CASE
          WHEN w.deal_key IS NULL
          THEN 0
          ELSE 4 + CASE
            WHEN w.first_key = w.deal_key
            THEN 1
            ELSE 0 END + CASE
            WHEN w.lead_key = w.deal_key
            THEN 2
            ELSE 0 END + CASE
            WHEN w.deal_key = w.last_key
            THEN 8
            ELSE 0 END END)
      + 4096 * (
        8 + CASE
          WHEN w.first_key = w.last_key
          THEN 1
          ELSE 0 END + CASE
          WHEN w.lead_key = w.last_key
          THEN 2
          ELSE 0 END + CASE
          WHEN w.deal_key = w.last_key
          THEN 4
          ELSE 0 END) AS INTEGER) AS pattern,
    w.origin0,
    CASE
      WHEN o0.conversion IS NULL
      THEN w.total0 >> (38 - least(w.origin0, 38))
      ELSE o0.total >> 38 END AS total0
  FROM journey_totals AS w
    JOIN conversions AS c ON c.conversion = w.conversion
    LEFT JOIN old0 AS o0 ON o0.conversion = w.conversion
  ) AS j
  ) AS j
  ) AS j
  ) AS j
),
-- one row for each eligible interaction and conversion: the positions it holds, as bits
placed AS NOT MATERIALIZED (
  SELECT
    e.conversion,
    j.length,
    j.amount,
    j.period,
    j.pattern,
    CASE
      WHEN e.order_key = j.first_key
      THEN 1
      ELSE 0 END + CASE
      WHEN e.order_key = j.lead_key
      THEN 2
      ELSE 0 END + CASE
      WHEN e.order_key = j.deal_key
      THEN 4
      ELSE 0 END + CASE
      WHEN e.order_key = j.last_key
      THEN 8
      ELSE 0 END AS positions_held,
    e.channel_value,
    e.half_lives0,
    e.kernel0,
    e.half_lives1,
    e.kernel1,
    j.origin0,
    j.count_unit0,
    j.amount_unit0,
    j.amount_rest0,
    j.shift
  FROM eligible AS e
    JOIN journeys AS j ON j.conversion = e.conversion
),
-- one row for each journey: half-lives since its last interaction outside the positions that weigh
latest AS NOT MATERIALIZED (
  SELECT p.conversion, min(p.half_lives1) FILTER (WHERE p.positions_held & 8 = 0) AS origin1
  FROM placed AS p
  GROUP BY p.conversion
),
-- one row for each journey: what a unit of kernel earns outside the positions that weigh
ages AS NOT MATERIALIZED (
  SELECT * EXCLUDE (value, count_first1, total1),
    count_first1 + CAST(
      CAST(
        (CAST(1000000000000 AS HUGEINT) << 82) - total1 * count_first1 AS DOUBLE) / CAST(
        total1 AS DOUBLE) AS BIGINT) AS count_unit1,
    CAST(
      CAST(
        (value << shift) - total1 * amount_unit1 AS DOUBLE) / CAST(
        total1 AS DOUBLE) * 1099511627776 AS BIGINT) AS amount_rest1
  FROM (
  SELECT *,
    CAST(
      CAST(
        (CAST(1000000000000 AS HUGEINT) << 82) AS DOUBLE) / CAST(
        total1 AS DOUBLE) AS BIGINT) AS count_first1,
    greatest(CAST(CAST(value << shift AS DOUBLE) / CAST(total1 AS DOUBLE) AS BIGINT) - 512, 0) AS amount_unit1
  FROM (
  SELECT *,
    CASE
      WHEN value < 4398046511104
      THEN 80
      WHEN value < 288230376151711744
      THEN 64
      WHEN value < 18889465931478580854784
      THEN 48
      WHEN value < 1237940039285380274899124224
      THEN 32
      WHEN value < 81129638414606681695789005144064
      THEN 16
      ELSE 1 END AS shift
  FROM (
  SELECT *,
    CAST(
      CASE
        WHEN abs(amount) < 1000000000
        THEN CAST(CAST(abs(amount) AS DOUBLE) * 1e6 AS BIGINT)
        ELSE CAST(abs(amount) * 1000000 AS HUGEINT) END AS HUGEINT) * 1000000 AS value
  FROM (
  SELECT p.conversion, any_value(p.amount) AS amount, any_value(l.origin1) AS origin1,
    nullif(
      sum(
        CASE
          WHEN p.positions_held & 8 = 0
          THEN (CAST(p.kernel1 AS HUGEINT) << 38) >> ((p.half_lives1 - l.origin1))
          ELSE 0 END) >> 38,
      0) AS total1
  FROM placed AS p
    JOIN latest AS l ON l.conversion = p.conversion
  GROUP BY p.conversion
  ) AS j
  ) AS j
  ) AS j
  ) AS j
),
-- one row for each kind of cell, dimensions, positions held, pattern and length
cube AS MATERIALIZED (
  SELECT
    'credit' AS cell,
    p.period,
    p.channel_value,
    true AS shown,
    p.positions_held,
    p.pattern,
    p.length,
    count(*) AS interactions,
    CAST(sum(p.amount) * 1000000 AS HUGEINT) AS amount,
    CAST(
      sum(
        (
          (
            CAST(p.kernel0 AS HUGEINT) * p.count_unit0) >> (
            82 - 10 + (p.half_lives0 - p.origin0)))) AS HUGEINT) // 1024 AS earned_count0,
    CAST(
      sum(
        (
          CASE
            WHEN p.amount < 0
            THEN -(
              (
                CAST(
                  p.kernel0 AS HUGEINT) * p.amount_unit0 + (
                  (CAST(p.kernel0 AS HUGEINT) * p.amount_rest0) >> 40)) >> (

                p.shift - 10 + (p.half_lives0 - p.origin0)))
            ELSE (
              (
                CAST(
                  p.kernel0 AS HUGEINT) * p.amount_unit0 + (
                  (CAST(p.kernel0 AS HUGEINT) * p.amount_rest0) >> 40)) >> (

                p.shift - 10 + (p.half_lives0 - p.origin0))) END)) AS HUGEINT) // 1024 AS earned_amount0,
    CAST(
      sum(
        CASE
          WHEN p.positions_held & 8 = 0
          THEN ((CAST(p.kernel1 AS HUGEINT) * a.count_unit1) >> (82 - 10 + (p.half_lives1 - a.origin1)))
          ELSE 0 END) AS HUGEINT) // 1024 AS earned_count1,
    CAST(
      sum(
        CASE
          WHEN p.positions_held & 8 = 0
          THEN (
            CASE
              WHEN p.amount < 0
              THEN -(
                (
                  CAST(
                    p.kernel1 AS HUGEINT) * a.amount_unit1 + (
                    (CAST(p.kernel1 AS HUGEINT) * a.amount_rest1) >> 40)) >> (

                  a.shift - 10 + (p.half_lives1 - a.origin1)))
              ELSE (
                (
                  CAST(
                    p.kernel1 AS HUGEINT) * a.amount_unit1 + (
                    (CAST(p.kernel1 AS HUGEINT) * a.amount_rest1) >> 40)) >> (

                  a.shift - 10 + (p.half_lives1 - a.origin1))) END)
          ELSE 0 END) AS HUGEINT) // 1024 AS earned_amount1
  FROM placed AS p
    JOIN ages AS a ON a.conversion = p.conversion
  GROUP BY p.period, p.channel_value, p.positions_held, p.pattern, p.length
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
    CAST(sum(c.amount) * 1000000 AS HUGEINT),
    0,
    0,
    0,
    0
  FROM conversions AS c
  WHERE NOT EXISTS (SELECT 1 FROM journey_totals AS w WHERE w.conversion = c.conversion)
  GROUP BY c.period
  UNION ALL
  SELECT 'excluded', 0, NULL, true, 0, 0, 0, count(*), 0, 0, 0, 0, 0
  FROM interactions WHERE excluded
),
-- one row for each model asked for: what it weighs
models AS NOT MATERIALIZED (
  SELECT * FROM (VALUES
    (0, 'first', 1, 1, 0, 0, 0, 0, -1),
    (1, 'last', 8, 0, 0, 0, 1, 0, -1),
    (2, 'linear', 0, 0, 0, 0, 0, 1, -1),
    (3, 'u-shaped', 3, 2, 2, 0, 0, 1, -1),
    (4, 'w-shaped', 7, 3, 3, 3, 0, 1, -1),
    (5, 'full-path', 15, 9, 9, 9, 9, 4, -1),
    (6, 'time-decay', 0, 0, 0, 0, 0, 1, 0),
    (7, 'j-shaped', 9, 1, 0, 0, 3, 1, -1),
    (8, 'inverse-j-shaped', 9, 3, 0, 0, 1, 1, -1),
    (9, 'late', 8, 0, 0, 0, 3, 1, 1)
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
    CASE
      WHEN c.cell = 'unattributed'
      THEN '(unattributed)'
      ELSE coalesce(
        nullif(
          substr(
            CASE
              WHEN c.positions_held & 1 <> 0
              THEN '+first'
              ELSE '' END || CASE
              WHEN c.positions_held & 2 <> 0
              THEN '+lead'
              ELSE '' END || CASE
              WHEN c.positions_held & 4 <> 0
              THEN '+deal'
              ELSE '' END || CASE
              WHEN c.positions_held & 8 <> 0
              THEN '+last'
              ELSE '' END,
            2),
          ''),
        'middle') END AS position_label,
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
  FROM cube AS c
  WHERE c.cell <> 'excluded'
),
-- one row for each cell and model: what its interactions weigh, and how many share the rest
weighed AS NOT MATERIALIZED (
  SELECT c.*, m.model_number, m.rest_weight, m.kernel,
    CASE WHEN c.positions_held & 1 <> 0 THEN m.first_weight ELSE 0 END
    + CASE WHEN c.positions_held & 2 <> 0 THEN m.lead_weight ELSE 0 END
    + CASE WHEN c.positions_held & 4 <> 0 THEN m.deal_weight ELSE 0 END
    + CASE WHEN c.positions_held & 8 <> 0 THEN m.last_weight ELSE 0 END AS own_weight,
    CASE
      WHEN (
        (
          (c.pattern // 1) % 16) | (
          (c.pattern // 16) % 16) | (
          (c.pattern // 256) % 16) | (
          (c.pattern // 4096) % 16)) & 1 <> 0
      THEN m.first_weight
      ELSE 0 END
    + CASE
      WHEN (
        (
          (c.pattern // 1) % 16) | (
          (c.pattern // 16) % 16) | (
          (c.pattern // 256) % 16) | (
          (c.pattern // 4096) % 16)) & 2 <> 0
      THEN m.lead_weight
      ELSE 0 END
    + CASE
      WHEN (
        (
          (c.pattern // 1) % 16) | (
          (c.pattern // 16) % 16) | (
          (c.pattern // 256) % 16) | (
          (c.pattern // 4096) % 16)) & 4 <> 0
      THEN m.deal_weight
      ELSE 0 END
    + CASE
      WHEN (
        (
          (c.pattern // 1) % 16) | (
          (c.pattern // 16) % 16) | (
          (c.pattern // 256) % 16) | (
          (c.pattern // 4096) % 16)) & 8 <> 0
      THEN m.last_weight
      ELSE 0 END AS positions_weight,
    c.length - CASE
      WHEN ((c.pattern // 1) % 16) & m.mask <> 0
      THEN 1
      ELSE 0 END - CASE
      WHEN ((c.pattern // 16) % 16) & m.mask <> 0
      AND ((c.pattern // 16) % 16) <> ((c.pattern // 1) % 16)
      THEN 1
      ELSE 0 END - CASE
      WHEN ((c.pattern // 256) % 16) & m.mask <> 0
      AND ((c.pattern // 256) % 16) <> ((c.pattern // 1) % 16)
      AND ((c.pattern // 256) % 16) <> ((c.pattern // 16) % 16)
      THEN 1
      ELSE 0 END - CASE
      WHEN ((c.pattern // 4096) % 16) & m.mask <> 0
      AND ((c.pattern // 4096) % 16) <> ((c.pattern // 1) % 16)
      AND ((c.pattern // 4096) % 16) <> ((c.pattern // 16) % 16)
      AND ((c.pattern // 4096) % 16) <> ((c.pattern // 256) % 16)
      THEN 1
      ELSE 0 END AS rest_count
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
  SELECT period, channel_label, position_label, shown, model_number,
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
  GROUP BY period, channel_label, position_label, shown, model_number
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
      ORDER BY counted <> 0 DESC, counted_rest DESC, channel_label, position_label, shown) AS counted_rank,
    greatest(count(nullif(counted, 0)) OVER (PARTITION BY period, model_number), 1) AS counted_rows,
    row_number() OVER (PARTITION BY period, model_number
      ORDER BY valued <> 0 DESC, valued_rest DESC, channel_label, position_label, shown) AS valued_rank,
    greatest(count(nullif(valued, 0)) OVER (PARTITION BY period, model_number), 1) AS valued_rows
  FROM floors
),
-- one row for each period, dimensions, model and shown: credits in whole millionths that sum exactly
apportioned AS NOT MATERIALIZED (
  SELECT period, channel_label, position_label, shown, model_number, interactions,
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
    b.position_label,
    m.model_number,
    coalesce(a.counted, 0) AS counted,
    coalesce(a.valued, 0) AS valued,
    coalesce(a.interactions, 0) AS interactions
  FROM (
    SELECT DISTINCT period, channel_label, position_label FROM apportioned
      WHERE shown AND (interactions > 0 OR counted <> 0 OR valued <> 0)
  ) AS b CROSS JOIN models AS m
    LEFT JOIN apportioned AS a ON a.shown
      AND a.model_number = m.model_number
      AND a.period = b.period
      AND a.channel_label = b.channel_label
      AND a.position_label = b.position_label
),
-- one row for each dimensions and model: the measures, in millionths
figures AS NOT MATERIALIZED (
  SELECT
    channel_label,
    position_label,
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
  GROUP BY channel_label, position_label, model_number
),
-- one row for each combination of dimensions: its place in the report, and if it comes after all others
places AS NOT MATERIALIZED (
  SELECT channel_label, position_label, row_number() OVER (
    ORDER BY channel_label = '(unattributed)',
      "revenue" DESC NULLS LAST,
      channel_label,
      position_label) AS row_place,
    channel_label = '(unattributed)' AS comes_last
  FROM figures
  WHERE model_number = 0
),
-- one row for each of the lines, with the place of its row
limited AS NOT MATERIALIZED (
  SELECT l.*,
    p.row_place AS row_place
  FROM lines AS l
    JOIN places AS p ON p.channel_label = l.channel_label AND p.position_label = l.position_label
),
-- one row for each place and model, and one without place for each model's total
report AS NOT MATERIALIZED (
  SELECT
    row_place,
    channel_label,
    position_label,
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
  GROUP BY row_place, channel_label, position_label, model_number
  UNION ALL
  SELECT NULL AS row_place, NULL AS channel_label, NULL AS position_label, *
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
  r.position_label AS "position",
  m.model,
  CAST(r."revenue" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "revenue",
  CAST(r."deals" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "deals",
  CAST(r."interactions" AS BIGINT) AS "interactions",
  CAST(r."share" AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS "share"
FROM report AS r
  JOIN models AS m ON m.model_number = r.model_number
ORDER BY r.row_place NULLS LAST, r.model_number;
