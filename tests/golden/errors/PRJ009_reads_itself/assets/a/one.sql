select * from a.one
