-- Only SQLite keeps rows and key in two trees; nothing changes here.
select 1;
