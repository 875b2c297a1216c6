-- A hit of the search opens the page of what it is: complexes and buildings were both called addresses.
update kernel_search set kind = 'estate' where kind = 'address' and id in (select id from places_estate);
update kernel_search set kind = 'building' where kind = 'address' and id in (select id from places_building);
