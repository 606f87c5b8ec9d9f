/* andon
description: Airports by code.
key: faa
checks:
  - unique: faa
  - pattern: {faa: "[A-Z0-9]{3}"}
  - range: {lat: {min: -90, max: 90}}
  - range: {lon: {min: -180, max: 180}}
*/
select faa, name, lat, lon, alt, tzone
from raw.airports
