#include "channels/http/api.hpp"

namespace lotse::http {

std::vector<Route> api_routes(Live& /*live*/) { return {}; }

}  // namespace lotse::http
