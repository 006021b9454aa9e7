#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lotse::test {

/// False where node, npm or the receivers' packages cannot be had.
[[nodiscard]] bool have_receivers();

/// A program of tests/channels/receivers that runs as long as this lives.
class Receiver {
 public:
  /// Waits until it says on which port it listens.
  explicit Receiver(const std::string& script, std::vector<std::string> arguments = {});
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] int port() const { return port_; }
  /// The next line that it prints; nothing where none comes within `limit`.
  [[nodiscard]] std::optional<std::string> line(std::chrono::milliseconds limit = std::chrono::seconds(20));

 private:
  pid_t process_ = -1;
  int input_ = -1;  ///< whose end ends it
  int output_ = -1;
  int port_ = 0;
  std::string read_;  ///< and not yet asked for
};

}  // namespace lotse::test
