#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <utility>

#include "channels/http/connection.hpp"
#include "channels/http/io_thread.hpp"

namespace lotse::http {

/// A connection whose bytes go over a socket as they are.
class PlainConnection final : public Connection {
 public:
  PlainConnection(std::shared_ptr<IoThread> thread, Socket socket)
      : Connection(std::move(thread)), socket_(std::move(socket)) {}

  /// On the connection's thread.
  void begin() {
    lane().enter(*this);
    opened();
  }

 private:
  void start_read(char* to, std::size_t bytes_max) override {
    socket_.async_read_some(asio::buffer(to, bytes_max),
                            [this, self = shared_from_this()](error_code error, std::size_t bytes) {
                              on_read(error ? 0 : bytes);
                            });
  }
  void start_write(std::string_view first, std::string_view second) override {
    asio::async_write(
        socket_, std::array{asio::buffer(first), asio::buffer(second)},
        [this, self = shared_from_this()](error_code error, std::size_t) { on_written(!error); });
  }
  void send_end() override {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  void close_socket() override {
    error_code ignored;
    socket_.close(ignored);
  }

  Socket socket_;
};

}  // namespace lotse::http
