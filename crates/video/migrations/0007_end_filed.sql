-- 备案 of a camera that was taken away: the day on which that change was filed.
alter table video_camera add column end_filed_day text;
