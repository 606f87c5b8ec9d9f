/* andon
description: Planes by tail number.
key: tailnum
checks:
  - unique: tailnum
  - not_null: tailnum
  - not_null: year_built
    name: year of manufacture is known
    on_fail: warn
  - range: {seats: {min: 1, max: 900}}
*/
select tailnum, year as year_built, type, manufacturer, model, engines, seats, engine
from raw.planes
