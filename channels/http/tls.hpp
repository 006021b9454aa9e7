#pragma once

#include <filesystem>
#include <memory>

#include "channels/http/io_thread.hpp"
#include "engine/base/result.hpp"

namespace lotse::http {

/// The server's certificate and how it speaks TLS: 1.2 or later, nothing renegotiated.
class TlsContext {
 public:
  /// Errors: bad_input (a file that cannot be read, is no PEM, or a key that does not fit the certificate).
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> load(const std::filesystem::path& certificate,
                                                                const std::filesystem::path& key);
  virtual ~TlsContext() = default;
  /// Begins with the handshake, on `thread`.
  virtual void take(std::shared_ptr<IoThread> thread, Socket socket) = 0;
};

}  // namespace lotse::http
