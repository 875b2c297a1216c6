-- 自行和解 is registered on the page of the dispute alone; what stood here goes over to the record there.
insert into mediation_self_settlement (station_id, dispute_id, id, what, settled_on, requested_on, performed_on, accepted_on, opinion, by_user, at)
  select s.station_id, s.dispute_id, s.dispute_id, s.terms, s.settled_on, s.requested_on, s.performed_on, s.accepted_on, s.opinion, s.by_user, s.at
  from dossier_settlement s;
drop table dossier_settlement;
