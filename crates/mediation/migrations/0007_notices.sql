-- 自行和解 in one place, with the day it was reached and the opinion of the police; the rule by which a track was refused, for
-- the notice in writing.
alter table mediation_self_settlement add column settled_on text;
alter table mediation_self_settlement add column opinion text not null default '';
alter table mediation_gate add column source text not null default '';
