#!/usr/bin/env bash
# Removes what install.sh put there, and nothing else.
set -euo pipefail
# shellcheck source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck source=output.sh
source "$root/scripts/output.sh"
# shellcheck source=as-root.sh
source "$root/scripts/as-root.sh"
# shellcheck source=installed-files.sh
source "$root/scripts/installed-files.sh"

installed_paths
for file in "$library" "$extension_directory"/zapgres.control "$extension_directory"/zapgres--*.sql "$binary" "$unit" "$example"; do
    [[ -e $file ]] || continue
    as_owner_of "$file" rm "$file"
    printf '  %s\n' "$file"
done
[[ ! -d ${example%/*} ]] || as_owner_of "${example%/*}" rmdir --ignore-fail-on-non-empty "${example%/*}"
