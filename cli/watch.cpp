#include "cli/watch.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;

/// How long nothing must change. Editors write a file beside it and rename it, within milliseconds.
constexpr int settled_ms = 60;
constexpr int deepest = 8;  ///< as find_test_files() looks for tests

Error failed(std::string_view what) {
  return {.code = ErrorCode::unavailable,
          .message = fmt::format("{}: {}", what, std::generic_category().message(errno))};
}

sigset_t taken() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

bool concerns_us(const inotify_event& event, std::string_view name) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) return true;
  if (name.starts_with('.')) return false;
  if ((event.mask & IN_ISDIR) != 0) return true;
  return (event.mask & IN_CREATE) == 0 && name.ends_with(".yaml");  // created: its closing follows
}

}  // namespace

Result<Watch> Watch::begin() {
  const sigset_t set = taken();
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return tl::make_unexpected(failed("cannot hold signals"));
  const int changes = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (changes < 0) return tl::make_unexpected(failed("cannot watch files"));
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC);
  if (signals < 0) {
    const Error error = failed("cannot wait for signals");
    ::close(changes);
    return tl::make_unexpected(error);
  }
  return Watch(changes, signals);
}

Watch::~Watch() {
  if (changes_ < 0) return;
  ::close(changes_);
  ::close(signals_);
  const sigset_t set = taken();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

Watch::Watch(Watch&& other) noexcept
    : changes_(std::exchange(other.changes_, -1)), signals_(std::exchange(other.signals_, -1)) {}

Result<void> Watch::look_at(std::span<const fs::path> folders) {
  constexpr std::uint32_t mask =
      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR;
  const auto add = [&](const fs::path& folder) {
    return ::inotify_add_watch(changes_, folder.c_str(), mask) >= 0;
  };
  for (const fs::path& root : folders) {
    if (!add(root)) return tl::make_unexpected(failed(fmt::format("cannot watch `{}`", root.string())));
    std::error_code error;
    fs::recursive_directory_iterator entry(root, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      std::error_code ignored;
      if (!entry->is_directory(ignored)) continue;
      const bool left_out = entry->path().filename().string().starts_with('.') || entry.depth() >= deepest;
      if (left_out) {
        entry.disable_recursion_pending();
      } else if (!add(entry->path()) && errno != ENOENT && errno != ENOTDIR) {  // it may have gone meanwhile
        return tl::make_unexpected(failed(fmt::format("cannot watch `{}`", entry->path().string())));
      }
    }
  }
  return {};
}

Result<Watch::End> Watch::wait(std::optional<std::chrono::milliseconds> limit) {
  const int patience_ms = limit ? static_cast<int>(limit->count()) : -1;
  std::array<pollfd, 2> waiting{pollfd{.fd = changes_, .events = POLLIN, .revents = 0},
                                pollfd{.fd = signals_, .events = POLLIN, .revents = 0}};
  bool changed = false;
  for (;;) {
    const int ready = ::poll(waiting.data(), waiting.size(), changed ? settled_ms : patience_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return tl::make_unexpected(failed("cannot wait for changes"));
    if (ready == 0) return changed ? End::changed : End::timed_out;
    if (waiting[1].revents != 0) {
      signalfd_siginfo signal{};  // read: else it would end the program once it is no longer held
      if (::read(signals_, &signal, sizeof signal) < 0)
        return tl::make_unexpected(failed("cannot read signals"));
      return signal.ssi_signo == SIGHUP ? End::hung_up : End::interrupted;
    }
    LOTSE_TRY(const bool ours, take_changes());
    changed = changed || ours;
  }
}

/// Whether one of those that came is of a YAML file or a folder.
Result<bool> Watch::take_changes() const {
  constexpr std::size_t room = 16 * 1024;
  alignas(inotify_event) std::array<char, room> bytes;
  const ssize_t count = ::read(changes_, bytes.data(), bytes.size());
  if (count < 0 && errno != EAGAIN && errno != EINTR)
    return tl::make_unexpected(failed("cannot read changes"));
  bool ours = false;
  for (std::size_t at = 0; count > 0 && at < static_cast<std::size_t>(count);) {
    inotify_event event{};
    std::memcpy(&event, bytes.data() + at, sizeof event);
    const char* name = event.len == 0 ? "" : bytes.data() + at + sizeof event;
    ours = ours || concerns_us(event, name);
    at += sizeof event + event.len;
  }
  return ours;
}

}  // namespace lotse::cli
