/* andon
materialize: view
*/
select 1 as id
