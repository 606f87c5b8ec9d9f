/* andon
description: Airlines by code.
key: carrier
checks:
  - unique: carrier
  - not_null: [carrier, name]
*/
select carrier, name from raw.airlines
