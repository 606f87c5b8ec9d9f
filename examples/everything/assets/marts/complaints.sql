/* andon
description: Open complaints with the paper that belongs to them.
owner: support
key: issue
checks: [{unique: issue}]
*/
select i.id as issue, i.title, p.name as paper, p.lines
from tracker.issues i
left join inbox.papers p on p.name = i.paper
where i.state = 'open'
