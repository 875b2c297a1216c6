-- What a stream's pictures are as usual: coding and size. Another one is told until it is usual.
alter table video_stream add column picture text not null default '';
