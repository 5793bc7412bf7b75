/** Express 4, installed beside 5; for what is done with it here the types of 5 are right. */
declare module "express4" {
  import express from "express";
  export default express;
}
