-- Given by the tables' owner, on two tables alone: a backup that is restored without its grants blinds the witness.
SET ROLE kea;
GRANT SELECT ON schema_version, lease4 TO witness;
