/* andon
owner: growth
*/
