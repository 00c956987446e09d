use pgrx as _; pgrx::pg_module_magic!();
