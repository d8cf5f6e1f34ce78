package conformance;

import static conformance.Participant.ERROR;
import static conformance.Participant.FAILURE;
import static conformance.Participant.OLD_FAILURE;
import static conformance.Participant.SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import feign.FeignException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import pub.dtm.client.exception.FailureException;
import pub.dtm.client.interfaces.dtm.DtmConsumer;
import pub.dtm.client.tcc.Tcc;

/** TCC through the published client. */
class TccTest extends Stage {
  private void call(Tcc tcc, String name, Object payload) throws Exception {
    String confirm = url("/" + name + "-confirm");
    tcc.callBranch(payload, url("/" + name + "-try"), confirm, url("/" + name + "-cancel")).close();
  }

  private DtmConsumer<Tcc> twoBranches() {
    return tcc -> {
      call(tcc, "out", OUT);
      call(tcc, "in", IN);
    };
  }

  @Test
  void bothBranchesAreConfirmed() throws Exception {
    String gid = client.tccGlobalTransaction(twoBranches());
    comesTo(gid, "succeed", "PSPS");
    assertEquals(List.of("01 cancel", "01 confirm", "02 cancel", "02 confirm"), ops(gid));
    assertEquals(
        List.of("/out-try", "/in-try", "/in-confirm", "/out-confirm"), participant.paths());
    assertBranchCall(participant.calls().get(2), gid, "tcc", "02", "confirm", IN);
    assertBranchCall(participant.calls().get(3), gid, "tcc", "01", "confirm", OUT);
  }

  @Test
  void aGidOfTheCallersIsKept() throws Exception {
    String own = newGid() + "-own";
    assertEquals(own, client.tccGlobalTransaction(own, twoBranches()));
    comesTo(own, "succeed", "PSPS");
  }

  @Test
  void withoutBranchesItSucceeds() throws Exception {
    String gid = client.tccGlobalTransaction(tcc -> {});
    comesTo(gid, "succeed", "");
  }

  @Test
  void aFailedTryCancelsAllOfThem() throws Exception {
    participant.answer("/in-try", FAILURE);
    String gid = newGid();
    assertThrows(FailureException.class, () -> client.tccGlobalTransaction(gid, twoBranches()));
    comesTo(gid, "failed", "SPSP");
    assertEquals(
        List.of("/out-try", "/in-try", "/in-cancel", "/out-cancel"), participant.paths());
    assertBranchCall(participant.calls().get(2), gid, "tcc", "02", "cancel", IN);
    assertBranchCall(participant.calls().get(3), gid, "tcc", "01", "cancel", OUT);
  }

  @Test
  void aFailureInABodyOfStatus200Cancels() throws Exception {
    participant.answer("/in-try", OLD_FAILURE);
    String gid = newGid();
    assertThrows(FailureException.class, () -> client.tccGlobalTransaction(gid, twoBranches()));
    comesTo(gid, "failed", "SPSP");
  }

  @Test
  void anExceptionInTheCallbackCancelsAndReachesTheCaller() throws Exception {
    IllegalStateException reason = new IllegalStateException("no such customer");
    AtomicReference<String> gid = new AtomicReference<>();
    DtmConsumer<Tcc> business =
        tcc -> {
          gid.set(tcc.getGid());
          call(tcc, "out", OUT);
          throw reason;
        };
    FailureException thrown =
        assertThrows(FailureException.class, () -> client.tccGlobalTransaction(business));
    assertSame(reason, thrown.getCause());
    comesTo(gid.get(), "failed", "SP");
    assertEquals(List.of("/out-try", "/out-cancel"), participant.paths());
  }

  @Test
  void anExceptionBeforeTheFirstBranchEndsIt() throws Exception {
    String gid = newGid();
    DtmConsumer<Tcc> business =
        tcc -> {
          throw new IllegalStateException("closed on Sundays");
        };
    assertThrows(FailureException.class, () -> client.tccGlobalTransaction(gid, business));
    comesTo(gid, "failed", "");
  }

  @Test
  void aConfirmIsRepeatedUntilItSucceeds() throws Exception {
    participant.answer("/in-confirm", ERROR, SUCCESS);
    comesTo(client.tccGlobalTransaction(twoBranches()), "succeed", "PSPS");
    assertEquals(
        List.of("/out-try", "/in-try", "/in-confirm", "/in-confirm", "/out-confirm"),
        participant.paths());
  }

  @Test
  void aUsedGidIsRefusedBeforeAnyBranch() throws Exception {
    String gid = client.tccGlobalTransaction(twoBranches());
    comesTo(gid, "succeed", "PSPS");
    FeignException refusal =
        assertThrows(FeignException.class, () -> client.tccGlobalTransaction(gid, twoBranches()));
    assertEquals(409, refusal.status());
    assertEquals(4, participant.calls().size());
  }

  @Test
  void aBranchAfterTheEndIsRefused() throws Exception {
    AtomicReference<Tcc> ended = new AtomicReference<>();
    String gid = client.tccGlobalTransaction(ended::set);
    comesTo(gid, "succeed", "");
    Exception refusal = assertThrows(Exception.class, () -> call(ended.get(), "late", OUT));
    assertEquals(409, assertInstanceOf(FeignException.class, refusal).status());
    assertEquals(List.of(), participant.calls());
  }
}
