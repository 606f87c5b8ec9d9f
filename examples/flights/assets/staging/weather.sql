/* andon
description: One row per airport and hour. Local hours repeat when daylight saving ends, hours in UTC do not.
owner: operations
key: [origin, time_hour]
checks:
  - unique: [origin, time_hour]
  - not_null: [origin, time_hour]
  # No wind on earth was ever measured above 253 miles per hour: a sensor error is set aside.
  - range: {wind_speed: {min: 0, max: 253}}
    on_fail: quarantine
  # Real, not wrong: the hour that daylight saving repeats. That is why the key is in UTC.
  - unique: [origin, year, month, day, hour]
    name: local hours are unique
    on_fail: warn
*/
select origin, year, month, day, hour, temp, dewp, humid, wind_dir, wind_speed, wind_gust,
       precip, pressure, visib, time_hour
from raw.weather
