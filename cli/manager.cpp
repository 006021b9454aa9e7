#include "cli/manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace lotse::cli {
namespace {

/// Nothing where it is not set. Asked before other threads begin.
std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, number);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return number;
}

}  // namespace

void tell_manager(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = path == nullptr ? 0 : std::strlen(path);
  if (length == 0 || length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract one
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  const auto address_size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  [[maybe_unused]] const ssize_t sent =
      ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
               address_size);  // NOLINT: as the interface wants it
  ::close(socket);
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  const auto process = number_in_environment("WATCHDOG_PID");
  if (process && *process != static_cast<std::uint64_t>(::getpid())) return std::nullopt;
  const auto interval = number_in_environment("WATCHDOG_USEC");
  if (!interval || *interval == 0) return std::nullopt;
  return std::chrono::microseconds(*interval);
}

}  // namespace lotse::cli
