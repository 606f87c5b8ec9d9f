/* andon
owner: growth
select 1
