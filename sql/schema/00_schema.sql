-- No IF NOT EXISTS: a schema that somebody else made beforehand must stop the installation, not be adopted.
create schema zap;
comment on schema zap is 'Zapgres: WhatsApp messages out of this database';
