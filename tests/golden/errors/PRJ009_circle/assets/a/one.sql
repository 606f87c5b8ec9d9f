select * from a.three
