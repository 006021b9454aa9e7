#include "channels/http/tls.hpp"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <system_error>
#include <utility>

#include "channels/http/connection.hpp"

namespace lotse::http {
namespace {

/// A connection whose bytes are enciphered. Its context outlives it.
class TlsConnection final : public Connection {
 public:
  TlsConnection(std::shared_ptr<IoThread> thread, Socket socket, std::shared_ptr<asio::ssl::context> context)
      : Connection(std::move(thread)), context_(std::move(context)), stream_(std::move(socket), *context_) {}

  void begin() {
    lane().enter(*this);
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [this, self = shared_from_this()](error_code error) {
                              if (error) return close();
                              opened();
                            });
  }

 private:
  void start_read(char* to, std::size_t bytes_max) override {
    if (ending_) {  // what still comes is dropped, and need not be deciphered
      to_drop_ = asio::buffer(to, bytes_max);
      if (ended_) drop();
      return;
    }
    stream_.async_read_some(asio::buffer(to, bytes_max),
                            [this, self = shared_from_this()](error_code error, std::size_t bytes) {
                              on_read(error ? 0 : bytes);
                            });
  }
  void start_write(std::string_view first, std::string_view second) override {
    asio::async_write(
        stream_, std::array{asio::buffer(first), asio::buffer(second)},
        [this, self = shared_from_this()](error_code error, std::size_t) { on_written(!error); });
  }
  void send_end() override {
    ending_ = true;
    stream_.async_shutdown([this, self = shared_from_this()](error_code) {
      ended_ = true;
      error_code ignored;
      stream_.next_layer().shutdown(Socket::shutdown_send, ignored);
      if (to_drop_.size() > 0) drop();
    });
  }
  void drop() {
    stream_.next_layer().async_read_some(
        to_drop_, [this, self = shared_from_this()](error_code error, std::size_t bytes) {
          on_read(error ? 0 : bytes);
        });
  }
  void close_socket() override {
    error_code ignored;
    stream_.next_layer().close(ignored);
  }

  std::shared_ptr<asio::ssl::context> context_;
  asio::ssl::stream<Socket> stream_;
  bool ending_ = false;  ///< our end is on its way, or
  bool ended_ = false;   ///< has been sent
  asio::mutable_buffer to_drop_;
};

class OpenSslContext final : public TlsContext {
 public:
  explicit OpenSslContext(std::shared_ptr<asio::ssl::context> context) : context_(std::move(context)) {}

  void take(std::shared_ptr<IoThread> thread, Socket socket) override {
    auto& executor = thread->context();
    auto connection = std::make_shared<TlsConnection>(std::move(thread), std::move(socket), context_);
    asio::post(executor, [connection = std::move(connection)] { connection->begin(); });
  }

 private:
  std::shared_ptr<asio::ssl::context> context_;
};

tl::unexpected<Error> fail_file(const char* what, const std::filesystem::path& file, const std::string& why) {
  return fail(ErrorCode::bad_input, fmt::format("{} '{}': {}", what, file.string(), why));
}

/// Why OpenSSL could not read a PEM file; its own words ("DECODER routines") help nobody.
std::string reason(const std::filesystem::path& file, const char* none) {
  std::error_code no_status;
  return std::filesystem::exists(file, no_status) ? none : "there is no such file";
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::load(const std::filesystem::path& certificate,
                                                     const std::filesystem::path& key) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  error_code error;
  // An enciphered key would have OpenSSL ask for its password at the terminal.
  context->set_password_callback(
      [](std::size_t, asio::ssl::context::password_purpose) { return std::string(); }, error);
  ERR_clear_error();
  context->use_certificate_chain_file(certificate.string(), error);
  if (error)
    return fail_file("certificate", certificate, reason(certificate, "no certificate in PEM can be read"));
  ERR_clear_error();
  context->use_private_key_file(key.string(), asio::ssl::context::pem, error);
  if (error && ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH) {
    return fail_file("key", key, fmt::format("does not fit the certificate '{}'", certificate.string()));
  }
  if (error) return fail_file("key", key, reason(key, "no key in PEM, without a password, can be read"));
  if (SSL_CTX_check_private_key(native) != 1) {
    return fail_file("key", key, fmt::format("does not fit the certificate '{}'", certificate.string()));
  }
  return std::make_shared<OpenSslContext>(std::move(context));
}

}  // namespace lotse::http
