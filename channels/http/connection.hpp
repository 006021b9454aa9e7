#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "channels/http/buffer.hpp"
#include "channels/http/event_stream.hpp"
#include "channels/http/fields.hpp"
#include "channels/http/lane.hpp"
#include "channels/http/message.hpp"
#include "channels/http/request_parser.hpp"

namespace lotse::http {

/// One client's connection: reads a request, has it answered, reads the next. Knows nothing of sockets, which
/// a derived class has. On its lane's thread, but where it says otherwise.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(std::shared_ptr<Lane> lane);
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The answer to the request that waits for one. Any thread.
  void send_answer(Response response);
  void answer(Response response);
  /// Something waits in the event stream's queue, or it has ended. Any thread.
  void tell_of_stream();
  void stream_changed();

  void look_at_clock(SteadyTime now);
  void drain();  ///< ends after the request that is open
  void close();

 protected:
  void opened();                    ///< bytes can be read
  void on_read(std::size_t bytes);  ///< 0: the client has closed, or the connection is broken
  void on_written(bool all);
  [[nodiscard]] Lane& lane() const { return *lane_; }

 private:
  friend class Lane;
  enum class Phase : std::uint8_t {
    opening,
    head,
    body,
    waiting,  ///< for the handler's answer
    writing,
    streaming,  ///< events, until one side ends
    lingering,  ///< the answer was the last one; what still comes is dropped, so that the client can read it
    closed,
  };

  // What the derived class does; each read and write ends in one call of on_read() and on_written().
  virtual void start_read(char* to, std::size_t bytes_max) = 0;
  virtual void start_write(std::string_view first, std::string_view second) = 0;
  virtual void send_end() = 0;
  virtual void close_socket() = 0;

  void read_more();
  void proceed();
  void head_done();
  void read_body();
  [[nodiscard]] std::optional<Response> judge();
  [[nodiscard]] std::optional<Response> judge_method(const Router::Found& found);
  [[nodiscard]] std::optional<Response> judge_sender();
  [[nodiscard]] std::optional<Response> admit(bool whole);
  [[nodiscard]] Response answer_options(bool preflight);
  [[nodiscard]] std::optional<Response> inflate_body();
  [[nodiscard]] Response body_refused(unsigned status, std::string_view title, std::string detail);
  void show_head();
  void dispatch();
  void hand_over();
  void begin_stream();
  void write_events();
  void refuse(const Refusal& refusal);
  void refuse_and_close(Response response);

  void write_answer(Response response);
  void write_piece();
  void finish();
  void next_request();
  void linger();
  [[nodiscard]] bool account();
  void give_back();

  [[nodiscard]] std::string_view piece(Piece piece) const { return raw_.view().substr(piece.at, piece.size); }
  [[nodiscard]] bool is_head_request() const;
  [[nodiscard]] std::size_t body_bytes_max() const;

  std::shared_ptr<Lane> lane_;  ///< first: the socket lives in it
  std::size_t place_in_lane_ = 0;
  Phase phase_ = Phase::opening;
  SteadyTime deadline_;
  SteadyTime linger_until_{};
  bool reading_ = false;
  bool close_after_ = false;  ///< the answer that is being written

  RequestParser parser_;
  Buffer raw_;  ///< from the first byte of the request on
  Buffer unchunked_;
  Buffer inflated_;
  std::size_t charged_ = 0;  ///< to Shared::buffered
  QueryFields query_;
  Request request_;
  const Route* route_ = nullptr;
  std::optional<Response> refused_;  ///< to be answered once the body has been read
  SteadyTime begun_;
  std::size_t bytes_in_ = 0;

  std::string out_;       ///< the head of the answer, and a small body
  std::string out_body_;  ///< a large one
  std::size_t written_ = 0;
  std::size_t bytes_out_ = 0;
  unsigned status_ = 0;
  std::string cause_;
  bool writing_continue_ = false;
  bool writing_events_ = false;
  std::shared_ptr<StreamQueue> stream_;
};

}  // namespace lotse::http
