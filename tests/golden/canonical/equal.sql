-- Pairs of equal canonical form: two texts with `===` between, pairs parted by `---`.
select a from t
===
SELECT a FROM t
---
select a from t
===
select   a
from	t
---
select a from t
===
select a -- the first
from t /* all */
---
select a from t
===
select /* x /* nested */ y */ a from t
---
select a from t
===
select a from t;
---
select a from t
===
select a from t ; ; -- end
---
select sum(a) as s from t
===
select SUM( a ) as s from t
---
select count(*) as n from t
===
Select Count ( * ) as n From t
---
select a from t where a=1 and b=2
===
select a from t WHERE a = 1 AND b = 2
---
select a from t group by all
===
select a from t GROUP BY ALL
---
select a from t order by a desc nulls last
===
select a from t ORDER BY a DESC NULLS LAST
---
select case when a then 1 else 2 end as c from t
===
SELECT CASE WHEN a THEN 1 ELSE 2 END as c FROM t
---
select a from t join u using (k)
===
select a from t JOIN u USING(k)
---
select a from t left join u on t.k = u.k
===
select a from t LEFT JOIN u ON t.k=u.k
---
select a from t limit 3
===
select a from t LIMIT 3
---
with x as (select 1 as a) select a from x
===
WITH x as (SELECT 1 as a) SELECT a FROM x
---
with recursive x as (select 1 as a) select a from x
===
WITH RECURSIVE x as (select 1 as a) select a from x
---
select row_number() over (partition by a order by b) as r from t
===
select ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) as r from t
---
select sum(a) over (order by b rows between unbounded preceding and current row) as s from t
===
select sum(a) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) as s from t
---
select a from t where a between 1 and 2
===
select a from t where a BETWEEN 1 AND 2
---
select a from t where a is not null
===
select a from t where a IS NOT NULL
---
select a from t where a in (1,2,3)
===
select a from t where a IN ( 1, 2, 3 )
---
select a from t union all select b from u
===
select a from t UNION ALL select b from u
---
select distinct a from t
===
select DISTINCT a from t
---
select distinct on (a) a, b from t order by b
===
select DISTINCT ON(a) a , b from t ORDER BY b
---
from t select a
===
FROM t SELECT a
---
select a::integer as i from t
===
select a :: integer as i from t
---
select a from s.t
===
select a from s . t
---
select 'x' as s, "A b" from t
===
select
  'x' as s,
  "A b"
from t
---
select a from t where not exists (select 1 as x from u)
===
select a from t where NOT EXISTS(SELECT 1 as x FROM u)
---
select coalesce(a, 0) as a from t
===
select COALESCE(a,0) as a from t
---
select cast(a as integer) as a from t
===
select CAST(a as integer) as a from t
---
select a from t qualify rank() over (order by a) = 1
===
select a from t QUALIFY RANK() OVER (ORDER BY a)=1
---
select a from t where b like 'x%'
===
select a from t where b LIKE 'x%'
---
select a from t where b ilike 'x%' escape '!'
===
select a from t where b ILIKE 'x%' escape '!'
---
select true as y, null as n from t
===
select TRUE as y, NULL as n from t
---
select a from t cross join u
===
select a from t CROSS JOIN u
---
select a=-1 as x from t
===
select a = - 1 as x from t
---
select l[1:2] as x from t
===
select l[ 1 : 2 ] as x from t
---
select {'a': 1, 'b': 2} as s from t
===
select { 'a' : 1, 'b':2 } as s from t
---
select list_transform(l, lambda x: x + 1) as l from t
===
select LIST_TRANSFORM(l, LAMBDA x : x+1) as l from t
---
select a from t asof join u on t.k >= u.k
===
select a from t ASOF JOIN u ON t.k>=u.k
---
pivot t on k using sum(n)
===
PIVOT t ON k USING Sum(n)
---
select sum(a) filter (where b) as s from t
===
select sum(a) FILTER (WHERE b) as s from t
---
select a from t where a = any ([1, 2])
===
select a from t where a = ANY([1,2])
---
select 'a'
 'b' as x from t
===
SELECT 'a'
 'b' as x FROM t
---
select $p as p from t
===
select   $p as p from t -- a parameter
---
select extract(year from d) as y from t
===
select EXTRACT(year FROM d) as y from t
---
values (1, 2)
===
VALUES (1,2)
---
select 1 as a

===
select
1 as a
