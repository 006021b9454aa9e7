#include "channels/http/tokens.hpp"

namespace lotse::http {

// Until tokens.cpp is there, whose own definition wins.
__attribute__((weak)) bool allows(Role role, Permission permission) {
  return role == Role::admin || (role == Role::channel && permission == Permission::post_events);
}

}  // namespace lotse::http
