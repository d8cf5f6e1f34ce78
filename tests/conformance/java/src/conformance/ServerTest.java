package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import org.junit.jupiter.api.Test;
import pub.dtm.client.model.responses.DtmResponse;

/** The calls of the client that belong to no transaction. */
class ServerTest extends Stage {
  @Test
  void pingIsAnswered() {
    assertNotNull(stub().ping());
  }

  @Test
  void everyGidIsNew() {
    DtmResponse first = stub().newGid();
    DtmResponse second = stub().newGid();
    assertEquals("SUCCESS", first.getDtmResult());
    assertEquals("SUCCESS", second.getDtmResult());
    assertNotEquals("", first.getGid());
    assertNotEquals(first.getGid(), second.getGid());
  }
}
