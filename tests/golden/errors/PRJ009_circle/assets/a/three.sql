select * from a.two
