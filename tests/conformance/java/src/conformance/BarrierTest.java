package conformance;

import static conformance.Participant.ERROR;
import static conformance.Participant.FAILURE;
import static conformance.Participant.SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import pub.dtm.client.barrier.BranchBarrier;
import pub.dtm.client.exception.FailureException;
import pub.dtm.client.interfaces.dtm.DtmConsumer;
import pub.dtm.client.tcc.Tcc;

/**
 * The client's barrier around what participants do in MariaDB, fed with the query of the server's
 * calls. It knows empty cancels of TCC only; an empty compensation of a saga it lets through.
 */
class BarrierTest extends Stage {
  private static Database database;

  private String gid;

  @BeforeAll
  static void openDatabase() throws Exception {
    database = new Database();
  }

  @AfterAll
  static void closeDatabase() throws Exception {
    database.close();
  }

  /** One account for each transaction, so that the tests can run side by side. */
  @BeforeEach
  void openAccount() throws Exception {
    gid = newGid();
    database.execute("INSERT INTO bank.account VALUES ('" + gid + "', 100)");
  }

  private int balance() throws Exception {
    String select = "SELECT balance FROM bank.account WHERE name = '" + gid + "'";
    return Integer.parseInt(database.column(select).get(0));
  }

  /** op of every row that the barrier wrote for this transaction, sorted. */
  private List<String> barrierRows() throws Exception {
    return database.column(
        "SELECT CONCAT(branch_id, ' ', op, ' ', barrier_id) AS kept FROM dtm_barrier.barrier"
            + " WHERE gid = '" + gid + "' ORDER BY kept");
  }

  /** Adds `amount` to the account behind the barrier of this call. */
  private void move(Participant.Call call, int amount) throws Exception {
    Map<String, String[]> query = new HashMap<>();
    call.query().forEach((name, value) -> query.put(name, new String[] {value}));
    try (Connection connection = database.connect("dtm_barrier")) {
      new BranchBarrier(query)
          .call(
              connection,
              barrier -> {
                String update = "UPDATE bank.account SET balance = balance + ? WHERE name = ?";
                try (PreparedStatement made = connection.prepareStatement(update)) {
                  made.setInt(1, amount);
                  made.setString(2, barrier.getGid());
                  made.executeUpdate();
                }
              });
    }
  }

  private void moves(String path, int amount) {
    participant.work(
        path,
        call -> {
          move(call, amount);
          return SUCCESS;
        });
  }

  private DtmConsumer<Tcc> oneBranch() {
    return tcc -> tcc.callBranch(OUT, url("/try"), url("/confirm"), url("/cancel")).close();
  }

  @Test
  void aConfirmedTccMovesOnce() throws Exception {
    moves("/try", 0);
    moves("/confirm", -30);
    client.tccGlobalTransaction(gid, oneBranch());
    comesTo(gid, "succeed", "PS");
    assertEquals(70, balance());
    assertEquals(List.of("01 confirm 01", "01 try 01"), barrierRows());
  }

  @Test
  void aRepeatedConfirmMovesOnce() throws Exception {
    AtomicInteger count = new AtomicInteger();
    participant.work(
        "/confirm",
        call -> {
          move(call, -30);
          return count.incrementAndGet() == 1 ? ERROR : SUCCESS;
        });
    client.tccGlobalTransaction(gid, oneBranch());
    comesTo(gid, "succeed", "PS");
    assertEquals(2, participant.calls("/confirm").size());
    assertEquals(70, balance());
  }

  @Test
  void aCancelUndoesATry() throws Exception {
    moves("/try", -30);
    moves("/cancel", 30);
    DtmConsumer<Tcc> business =
        tcc -> {
          oneBranch().accept(tcc);
          throw new IllegalStateException("sold out");
        };
    assertThrows(FailureException.class, () -> client.tccGlobalTransaction(gid, business));
    comesTo(gid, "failed", "SP");
    assertEquals(100, balance());
    assertEquals(List.of("01 cancel 01", "01 try 01"), barrierRows());
  }

  @Test
  void aCancelOfATryThatNeverHappenedDoesNothing() throws Exception {
    participant.answer("/try", FAILURE);
    moves("/cancel", 30);
    assertThrows(FailureException.class, () -> client.tccGlobalTransaction(gid, oneBranch()));
    comesTo(gid, "failed", "SP");
    assertEquals(1, participant.calls("/cancel").size());
    assertEquals(100, balance());
  }

  @Test
  void aTryAfterItsCancelDoesNothing() throws Exception {
    participant.answer("/try", FAILURE);
    moves("/cancel", 30);
    assertThrows(FailureException.class, () -> client.tccGlobalTransaction(gid, oneBranch()));
    comesTo(gid, "failed", "SP");
    move(participant.calls("/try").get(0), -30);
    assertEquals(100, balance());
  }

  @Test
  void aSagaMovesOnceAndIsUndone() throws Exception {
    moves("/out", -30);
    moves("/out-undo", 30);
    participant.answer("/in", FAILURE);
    client
        .newSaga(gid)
        .add(url("/out"), url("/out-undo"), OUT)
        .add(url("/in"), "", IN)
        .submit();
    comesTo(gid, "failed", "SSSF");
    assertEquals(100, balance());
    assertEquals(List.of("01 action 01", "01 compensate 01"), barrierRows());
  }

  @Test
  void aRepeatedActionMovesOnce() throws Exception {
    AtomicInteger count = new AtomicInteger();
    participant.work(
        "/out",
        call -> {
          move(call, -30);
          return count.incrementAndGet() == 1 ? ERROR : SUCCESS;
        });
    client.newSaga(gid).add(url("/out"), url("/out-undo"), OUT).submit();
    comesTo(gid, "succeed", "PS");
    assertEquals(2, participant.calls("/out").size());
    assertEquals(70, balance());
  }
}
