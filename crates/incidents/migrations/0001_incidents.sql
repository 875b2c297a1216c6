-- 接警单 1—n 派警单 1—n 反馈单, an append-only log (流水), links, shift hand-over.
-- What was received (received_*) is written once and never changed; what was found stands beside it.
create table incidents_intake (
  station_id @uuid not null, id @uuid not null, number text not null, year @int not null, n @int not null,
  source_code text not null, external_system text, external_no text,
  called_at @int not null, answered_at @int, registered_at @int not null, registered_by @uuid not null,
  reporter_id @uuid, anonymous @bool not null, secret @bool not null,
  title text not null, content text not null, received_place text not null,
  received_category text, received_address_id @uuid, received_unit text,
  place_text text not null, address_id @uuid, other_address_id @uuid, building_id @uuid, grid_id @uuid, beat_id @uuid,
  category text, sub_category text, level text, found_category text,
  weapon @bool not null, injured @bool not null, minor @bool not null,
  state text not null, master_id @uuid, cluster_id @uuid not null, invalid_reason text,
  receipt_hash @blob, closed_at @int, version @int not null,
  primary key (station_id, id)
);
create unique index incidents_intake_number on incidents_intake (station_id, year, n);
create unique index incidents_intake_id on incidents_intake (id);
create unique index incidents_intake_receipt on incidents_intake (receipt_hash);
create index incidents_intake_state on incidents_intake (station_id, state, called_at);
create index incidents_intake_called on incidents_intake (station_id, called_at);
create index incidents_intake_address on incidents_intake (address_id, called_at);
create index incidents_intake_cluster on incidents_intake (cluster_id);
create index incidents_intake_grid on incidents_intake (grid_id, state);
create unique index incidents_intake_external on incidents_intake (station_id, external_system, external_no);
create table incidents_dispatch (
  station_id @uuid not null, id @uuid not null, incident_id @uuid not null, target_user @uuid not null, target_role text not null,
  opinion text not null, sent_by @uuid not null, sent_at @int not null, signed_at @int, departed_at @int, arrived_at @int,
  returned_at @int, return_reason text, cancelled_at @int, cancel_reason text, finished_at @int, version @int not null,
  primary key (station_id, id)
);
create index incidents_dispatch_incident on incidents_dispatch (incident_id);
create index incidents_dispatch_target on incidents_dispatch (target_user, finished_at);
create table incidents_feedback (
  station_id @uuid not null, id @uuid not null, incident_id @uuid not null, dispatch_id @uuid, kind text not null,
  by_user @uuid not null, at @int not null, text text not null, found_category text, result_code text,
  injured @int not null, primary key (station_id, id)
);
create index incidents_feedback_incident on incidents_feedback (incident_id);
create table incidents_log (
  station_id @uuid not null, id @uuid not null, incident_id @uuid not null, at @int not null, by_user @uuid not null,
  by_role text not null, step text not null, to_user @uuid, note text not null,
  primary key (station_id, id)
);
create index incidents_log_incident on incidents_log (incident_id, at);
create table incidents_link (
  station_id @uuid not null, from_id @uuid not null, to_id @uuid not null, kind text not null, by_user @uuid not null, at @int not null,
  primary key (station_id, from_id, to_id, kind)
);
create index incidents_link_to on incidents_link (to_id);
create table incidents_shingle (
  station_id @uuid not null, band @int not null, incident_id @uuid not null, primary key (station_id, band, incident_id)
);
create table incidents_signature (
  incident_id @uuid primary key, title_hashes @blob not null, body_hashes @blob not null, matter_hashes @blob not null
);
create table incidents_handover (
  station_id @uuid not null, id @uuid not null, from_user @uuid not null, to_user @uuid, opened_at @int not null,
  taken_at @int, note text not null, answer text not null, primary key (station_id, id)
);
create table incidents_handover_item (
  handover_id @uuid not null, incident_id @uuid not null, line text not null, primary key (handover_id, incident_id)
);
