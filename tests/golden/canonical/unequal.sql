-- Pairs of unlike canonical form: two texts with `===` between, pairs parted by `---`.
select a from t
===
select A from t
---
select a from t
===
select b from t
---
select a from t
===
select a from u
---
select a from t
===
select "a" from t
---
select a as x from t
===
select a as X from t
---
select a x from t
===
select a X from t
---
select 1 as Value from t
===
select 1 as value from t
---
select 1 as "Order" from t
===
select 1 as "order" from t
---
select 1 as Order from t
===
select 1 as order from t
---
select s.Select from t
===
select s.select from t
---
select {Left: 1} as s from t
===
select {left: 1} as s from t
---
select struct_pack(Left := 1) as s from t
===
select struct_pack(left := 1) as s from t
---
select 'x' as s from t
===
select 'X' as s from t
---
select 'a  b' as s from t
===
select 'a b' as s from t
---
select 'a -- b' as s from t
===
select 'a ' as s from t
---
select '/* x */' as s from t
===
select '' as s from t
---
select 'it''s' as s from t
===
select 'its' as s from t
---
select 1 as n from t
===
select 2 as n from t
---
select 1 as n from t
===
select 1.0 as n from t
---
select 1 as n from t
===
select -1 as n from t
---
select 1e3 as n from t
===
select 1e4 as n from t
---
select 'a' as n from t
===
select e'a' as n from t
---
select a + b as c from t
===
select a - b as c from t
---
select a + b * c as d from t
===
select (a + b) * c as d from t
---
select a from t where a > 1
===
select a from t where a >= 1
---
select a from t where a = 1
===
select a from t where a != 1
---
select a from t where a and b
===
select a from t where a or b
---
select a from t where a
===
select a from t where not a
---
select a from t where a is null
===
select a from t where a is not null
---
select a from t join u using (k)
===
select a from t left join u using (k)
---
select a from t left join u using (k)
===
select a from t right join u using (k)
---
select a from t semi join u using (k)
===
select a from t anti join u using (k)
---
select a from t union select a from u
===
select a from t union all select a from u
---
select a from t union all select a from u
===
select a from t union all by name select a from u
---
select a from t
===
select distinct a from t
---
select a, b from t
===
select b, a from t
---
select a from t order by a
===
select a from t order by a desc
---
select a from t order by a nulls first
===
select a from t order by a nulls last
---
select a from t limit 1
===
select a from t limit 2
---
select a from t limit 1
===
select a from t limit 1 offset 1
---
select sum(a) as s from t
===
select avg(a) as s from t
---
select sum(a) as s from t
===
select sum(distinct a) as s from t
---
select count(a) as n from t
===
select count(*) as n from t
---
select "Sum"(a) as s from t
===
select sum(a) as s from t
---
select a from s.t
===
select a from r.t
---
select t.a from t
===
select a from t
---
select a::int as a from t
===
select a::bigint as a from t
---
select cast(a as int) as a from t
===
select try_cast(a as int) as a from t
---
select date '2026-01-01' as d from t
===
select date '2026-01-02' as d from t
---
select $p as p from t
===
select $q as p from t
---
select $p as p from t
===
select $P as p from t
---
select l[1] as x from t
===
select l[2] as x from t
---
select l[1:2] as x from t
===
select l[1,2] as x from t
---
select a ->> 'x' as x from t
===
select a -> 'x' as x from t
---
select a || -b as x from t
===
select a ||-b as x from t
---
select a from t where b like 'x%'
===
select a from t where b ilike 'x%'
---
select a from t where b in (1, 2)
===
select a from t where b not in (1, 2)
---
select row_number() over (order by a) as r from t
===
select row_number() over (partition by a) as r from t
---
select sum(a) over (order by b rows 1 preceding) as s from t
===
select sum(a) over (order by b range 1 preceding) as s from t
---
select sum(a) over (order by b rows 1 preceding) as s from t
===
select sum(a) over (order by b rows 2 preceding) as s from t
---
select a from t group by a
===
select a from t group by a, b
---
select a from t group by a having count(*) > 1
===
select a from t group by a having count(*) > 2
---
with x as (select 1 as a) select a from x
===
with x as materialized (select 1 as a) select a from x
---
with x as (select 1 as a) select a from x
===
with recursive x as (select 1 as a) select a from x
---
select case when a then 1 else 2 end as c from t
===
select case when a then 1 end as c from t
---
select 'a'
 'b' as x from t
===
select 'a' as x from t
---
select * exclude (a) from t
===
select * exclude (b) from t
---
select * from t
===
select * replace (1 as a) from t
---
select a from t using sample 10%
===
select a from t using sample 20%
---
select interval 1 day as i from t
===
select interval 1 month as i from t
---
select x'ab' as b from t
===
select x'ac' as b from t
---
select $$a$$ as s from t
===
select $$b$$ as s from t
---
select é from t
===
select É from t
---
select a b from t
===
select a, b from t
---
select 1 a from t
===
select 1a from t
---
select a;b from t
===
select a from t
