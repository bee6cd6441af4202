// Out of memory, or a broken promise of the standard library: end at once. libstdc++'s own handler
// would print the type of an exception, and for that link a demangler ten times the size of init.
#include <cstdlib>

namespace __gnu_cxx {

[[noreturn]] void __verbose_terminate_handler() {
  abort();
}

}  // namespace __gnu_cxx
