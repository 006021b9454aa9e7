#include <fmt/core.h>
#include <openssl/ssl.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/http/client.hpp"
#include "tests/support/folder.hpp"

namespace lotse::http::testing {
namespace {

using test::Folder;

void run(const std::string& command) { REQUIRE(std::system((command + " 2>/dev/null").c_str()) == 0); }

/// A key and a certificate for `localhost`, made by the openssl program.
void make_certificate(const Folder& folder, const std::string& name) {
  run(fmt::format(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
      "-keyout '{}' -out '{}'",
      (folder / (name + "-key.pem")).string(), (folder / (name + ".pem")).string()));
}

ServerOptions with_tls(const Folder& folder) {
  ServerOptions options = quick_options();
  options.certificate = folder / "server.pem";
  options.key = folder / "server-key.pem";
  return options;
}

/// A TLS client that trusts one certificate.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, const std::filesystem::path& trusted, int version_max = TLS1_3_VERSION)
      : client_(port), context_(SSL_CTX_new(TLS_client_method())) {
    REQUIRE(SSL_CTX_load_verify_locations(context_, trusted.c_str(), nullptr) == 1);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, version_max);
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, client_.socket());
    shaken_ = SSL_connect(tls_) == 1;
  }
  ~TlsClient() {
    SSL_free(tls_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  [[nodiscard]] bool shaken() const { return shaken_; }
  [[nodiscard]] std::string version() const { return SSL_get_version(tls_); }
  void send(std::string_view bytes) {
    REQUIRE(SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()));
  }
  /// Until `text` is there, or the server closes.
  std::string receive_until(std::string_view text) {
    std::string all;
    while (all.find(text) == std::string::npos) {
      std::array<char, 4096> some{};
      const int size = SSL_read(tls_, some.data(), some.size());
      if (size <= 0) break;
      all.append(some.data(), static_cast<std::size_t>(size));
    }
    return all;
  }
  /// The server has said that it closes, by TLS.
  [[nodiscard]] bool closed() {
    char byte = 0;
    return SSL_read(tls_, &byte, 1) <= 0 && SSL_get_error(tls_, 0) == SSL_ERROR_ZERO_RETURN;
  }

 private:
  Client client_;
  SSL_CTX* context_;
  SSL* tls_ = nullptr;
  bool shaken_ = false;
};

TEST_CASE("tls: requests and answers go enciphered, by TLS 1.2 and 1.3", "[http][tls]") {
  const Folder folder;
  make_certificate(folder, "server");
  const auto server = serve({echo()}, with_tls(folder));
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsClient client(server->port(), folder / "server.pem", version);
  REQUIRE(client.shaken());
  CHECK(client.version() == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
  const std::string large(1'000'000, 'x');

  for (int i = 0; i < 3; ++i) {
    client.send(post("/echo", fmt::format("hello {};", i)));
    CHECK(client.receive_until(";").find(fmt::format("hello {};", i)) != std::string::npos);
  }
  client.send(post("/echo", large + ";"));
  CHECK(client.receive_until(";").size() > large.size());
  client.send(post("/echo", "last;", "Connection: close\r\n"));
  CHECK(client.receive_until(";").find("Connection: close") != std::string::npos);
  CHECK(client.closed());
}

TEST_CASE("tls: a body too large is refused, and the answer arrives", "[http][tls]") {
  const Folder folder;
  make_certificate(folder, "server");
  ServerOptions options = with_tls(folder);
  options.body_bytes_max = 1000;
  const auto server = serve({echo()}, options);
  TlsClient client(server->port(), folder / "server.pem");
  REQUIRE(client.shaken());

  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  client.send(std::string(100'000, 'x'));

  CHECK(client.receive_until("}").find("413") != std::string::npos);
}

TEST_CASE("tls: older versions and other certificates end in no connection", "[http][tls]") {
  const Folder folder;
  make_certificate(folder, "server");
  make_certificate(folder, "other");
  const auto server = serve({echo()}, with_tls(folder));

  CHECK_FALSE(TlsClient(server->port(), folder / "server.pem", TLS1_1_VERSION).shaken());
  CHECK_FALSE(TlsClient(server->port(), folder / "other.pem").shaken());
  CHECK(TlsClient(server->port(), folder / "server.pem").shaken());
}

TEST_CASE("tls: who speaks no TLS, or says nothing, holds nothing up", "[http][tls]") {
  const Folder folder;
  make_certificate(folder, "server");
  ServerOptions options = with_tls(folder);
  options.header_timeout = std::chrono::milliseconds(200);
  const auto server = serve({echo()}, options);
  Client plain(server->port());
  Client silent(server->port());

  plain.send(get("/echo"));

  CHECK(plain.receive_until("HTTP").find("HTTP") == std::string::npos);
  CHECK(silent.closed());
  TlsClient client(server->port(), folder / "server.pem");
  client.send(post("/echo", "after;"));
  CHECK(client.receive_until(";").find("after;") != std::string::npos);
}

TEST_CASE("tls: a certificate that cannot be used is told at the start", "[http][tls]") {
  const Folder folder;
  make_certificate(folder, "server");
  make_certificate(folder, "other");
  std::ofstream(folder / "text.pem") << "no certificate\n";
  run(fmt::format("openssl pkey -in '{}' -aes256 -passout pass:secret -out '{}'",
                  (folder / "server-key.pem").string(), (folder / "locked.pem").string()));
  struct Row {
    std::string certificate, key, message;
  };
  const auto row = GENERATE(
      Row{"missing.pem", "server-key.pem", "certificate 'missing.pem': there is no such file"},
      Row{"server.pem", "missing.pem", "key 'missing.pem': there is no such file"},
      Row{"text.pem", "server-key.pem", "certificate 'text.pem': no certificate in PEM can be read"},
      Row{"server.pem", "text.pem", "key 'text.pem': no key in PEM, without a password, can be read"},
      Row{"server.pem", "locked.pem", "key 'locked.pem': no key in PEM, without a password, can be read"},
      Row{"server.pem", "other-key.pem", "key 'other-key.pem': does not fit the certificate 'server.pem'"},
      Row{"server.pem", "", "TLS needs a certificate and its key; only one of them is given"});
  ServerOptions options = quick_options();
  options.certificate = folder / row.certificate;
  if (!row.key.empty()) options.key = folder / row.key;

  const auto server = Server::start(options, {echo()}, {.authenticate = known_tokens});

  REQUIRE_FALSE(server);
  CHECK(server.error().code == ErrorCode::bad_input);
  std::string message = server.error().message;
  const std::string at = folder.path().string() + "/";
  for (auto found = message.find(at); found != std::string::npos; found = message.find(at)) {
    message.erase(found, at.size());
  }
  CHECK(message == row.message);
}

}  // namespace
}  // namespace lotse::http::testing
