create macro cents(x) as x / 100;
select 1;
