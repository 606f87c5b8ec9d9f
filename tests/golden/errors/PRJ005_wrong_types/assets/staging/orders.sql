/* andon
owner: 7
retries: many
key: {a: b}
materialize: tabel
*/
select id, amount from raw.orders
