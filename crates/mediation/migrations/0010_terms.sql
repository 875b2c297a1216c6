-- 履行期限的种类: by a day, at once, or without an end for a reason; who wrote the agreement down.
alter table mediation_obligation add column term text not null default 'by';
alter table mediation_obligation add column term_why text not null default '';
update mediation_obligation set term = 'standing' where due is null;
alter table mediation_agreement add column recorder text not null default '';
