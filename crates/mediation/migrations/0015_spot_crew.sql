-- 在场人员 of an agreement: on the spot no session says who was there (程序规定 §52, 178, 184).
create table mediation_agreement_crew (
  station_id @uuid not null, agreement_id @uuid not null, user_id @uuid not null, role text not null,
  primary key (station_id, agreement_id, user_id)
);
