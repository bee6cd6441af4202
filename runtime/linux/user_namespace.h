// Whose root we are: the machine's, or that of a user namespace.
#pragma once

namespace sys {

// Whether ids are mapped: the first user namespace maps all of them onto themselves.
bool in_user_namespace();

// Root, and of the machine rather than of a user namespace.
bool is_machine_root();

// Whether what belongs to a user is ours to use (its runtime directory, its systemd): we are an
// ordinary user, or root in a user namespace with that user's XDG_RUNTIME_DIR. USER=root there
// means "treat me as root": engines that run in a container set it, with a /run of their own.
bool acts_for_user();

}  // namespace sys
