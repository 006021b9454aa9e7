#include "channels/http/tagged.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>

#include "channels/http/parameters.hpp"
#include "engine/base/hash.hpp"

namespace lotse::http {

namespace {

/// Another build may say the same otherwise.
std::int64_t process_start() {
  static const std::int64_t start = std::chrono::system_clock::now().time_since_epoch().count();
  return start;
}

}  // namespace

std::string tag_of(const Snapshot& snapshot, const Request& request, std::string_view query) {
  std::string text =
      fmt::format("{}\n{}\n{}\n{}\n{}\n", process_start(), snapshot.events(), snapshot.erased(),
                  request.who && request.who->sensitive, snapshot.workspace().settings.zone);
  for (const JourneyVersions& versions : snapshot.tracker().journeys()) {
    for (std::size_t index = 0; index < versions.versions.size(); ++index) {
      text += fmt::format("{} {}\n", versions.versions[index]->content_hash,
                          versions.in_force[index].time_since_epoch().count());
    }
  }
  for (const Channel& channel : snapshot.workspace().channels.channels) {
    text += fmt::format("{}\n{}\n{}\n", channel.id, channel.title, channel.human);
  }
  text += query;
  return fmt::format("\"{:016x}\"", fast_hash(text));
}

Result<Response> tagged(const Request& request, const std::optional<std::string>& etag,
                        const std::function<Result<Response>()>& make) {
  if (!etag) return make();
  Response response{.status = 304};
  if (!has_answer(request, *etag)) {
    LOTSE_TRY(response, make());
  }
  response.headers.emplace_back("ETag", *etag);
  response.headers.emplace_back("Vary", "Authorization");
  return response;
}

}  // namespace lotse::http
