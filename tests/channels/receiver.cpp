#include "tests/channels/receiver.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "engine/base/assert.hpp"
#include "tests/support/paths.hpp"

namespace lotse::test {
namespace {

std::filesystem::path folder() { return source_dir() / "tests" / "channels" / "receivers"; }

}  // namespace

bool have_receivers() {
  if (std::system("node --version >/dev/null 2>&1 && npm --version >/dev/null 2>&1") != 0) return false;
  // Several tests want them at once; the file is the last that npm writes.
  constexpr std::string_view install =
      "cd '{}' && flock package.json sh -c "
      "'test -e node_modules/.package-lock.json || npm ci --silent' >/dev/null 2>&1";
  return std::system(fmt::format(install, folder().string()).c_str()) == 0;
}

Receiver::Receiver(const std::string& script, std::vector<std::string> arguments) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  LOTSE_ASSERT(::pipe2(in.data(), O_CLOEXEC) == 0 && ::pipe2(out.data(), O_CLOEXEC) == 0);
  arguments.insert(arguments.begin(), {"node", (folder() / script).string()});
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  process_ = ::fork();
  LOTSE_ASSERT(process_ >= 0);
  if (process_ == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::execvp("node", argv.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  output_ = out[0];
  const auto port = line();
  LOTSE_ASSERT(port.has_value());
  port_ = std::stoi(*port);
}

Receiver::~Receiver() {
  ::close(input_);
  ::close(output_);
  ::waitpid(process_, nullptr, 0);
}

std::optional<std::string> Receiver::line(std::chrono::milliseconds limit) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + limit;
  for (;;) {
    if (const std::size_t at = read_.find('\n'); at != std::string::npos) {
      std::string found = read_.substr(0, at);
      read_.erase(0, at + 1);
      return found;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd ready{output_, POLLIN, 0};
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) return std::nullopt;
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(output_, bytes.data(), bytes.size());
    if (count <= 0) return std::nullopt;
    read_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace lotse::test
